// Keeps the page fresh: fetches it anew and exchanges the content, unless somebody is using it.
"use strict";

const main = document.getElementById("main");
const told = document.getElementById("updated");
const seconds = Number(main.dataset.refresh || 0);

function isInUse() {
  const active = document.activeElement;
  const selection = document.getSelection();
  return (
    document.hidden ||
    (active !== main && main.contains(active)) ||
    (selection && !selection.isCollapsed && main.contains(selection.anchorNode))
  );
}

function exchange(fresh) {
  const open = [...main.querySelectorAll("details[open]")].map((one) => one.dataset.key);
  const scrolled = new Map(
    [...main.querySelectorAll(".scroll")].map((one) => [one.getAttribute("aria-label"), one.scrollLeft])
  );
  const [left, top] = [window.scrollX, window.scrollY];
  main.replaceChildren(...fresh.childNodes);
  for (const one of main.querySelectorAll("details")) one.open = open.includes(one.dataset.key);
  for (const one of main.querySelectorAll(".scroll")) {
    one.scrollLeft = scrolled.get(one.getAttribute("aria-label")) || 0;
  }
  window.scrollTo(left, top);
}

function note(text) {
  told.textContent = `${told.textContent.replace(/ \(.*/, "")} (${text})`;
}

async function refresh() {
  if (isInUse()) return note("waits while the page is in use");
  try {
    const answer = await fetch(location.href, {
      headers: { accept: "text/html" },
      signal: AbortSignal.timeout(20000),
    });
    // The session is over: the page itself asks for the token.
    if (answer.status === 401) return location.reload();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main[data-refresh]");
    if (!fresh) throw new Error(`status ${answer.status}`);
    if (isInUse()) return;
    exchange(fresh);
    told.textContent = page.getElementById("updated").textContent;
  } catch {
    note("could not be updated since then");
  }
}

// On a narrow screen the latest days are what counts.
const calendar = main.querySelector(".scroll:has(.calendar)");
if (calendar) calendar.scrollLeft = calendar.scrollWidth;

if (seconds > 0) setInterval(refresh, seconds * 1000);
