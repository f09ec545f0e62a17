// Refreshes the page: fetches it again and replaces its content, unless somebody is using it.
"use strict";

const main = document.getElementById("main");
const updated = document.getElementById("updated");
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

function replaceContent(fresh) {
  const open = [...main.querySelectorAll("details[open]")].map((details) => details.dataset.key);
  const scrolled = new Map(
    [...main.querySelectorAll(".scroll")].map((region) => [region.getAttribute("aria-label"), region.scrollLeft])
  );
  const [left, top] = [window.scrollX, window.scrollY];
  main.replaceChildren(...fresh.childNodes);
  for (const details of main.querySelectorAll("details")) {
    details.open = open.includes(details.dataset.key);
  }
  for (const region of main.querySelectorAll(".scroll")) {
    region.scrollLeft = scrolled.get(region.getAttribute("aria-label")) || 0;
  }
  window.scrollTo(left, top);
}

function showNote(text) {
  updated.textContent = `${updated.textContent.replace(/ \(.*/, "")} (${text})`;
}

async function refresh() {
  if (isInUse()) return showNote("paused while the page is in use");
  try {
    const response = await fetch(location.href, {
      headers: { accept: "text/html" },
      signal: AbortSignal.timeout(20000),
    });
    // The session has ended: a reload shows the login page.
    if (response.status === 401) return location.reload();
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector("main[data-refresh]");
    if (!fresh) throw new Error(`status ${response.status}`);
    if (isInUse()) return;
    replaceContent(fresh);
    updated.textContent = page.getElementById("updated").textContent;
  } catch {
    showNote("could not be updated since then");
  }
}

// On a narrow screen show the latest days first.
const calendar = main.querySelector(".scroll:has(.calendar)");
if (calendar) calendar.scrollLeft = calendar.scrollWidth;

if (seconds > 0) setInterval(refresh, seconds * 1000);
