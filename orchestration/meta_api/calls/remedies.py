"""What a person should do about an error of Meta, by its code: it is added to the error's text.

Source of the codes: Meta's references of errors and of access tokens.
"""

import re

APP_BLOCKED = re.compile(r"api access (is )?(blocked|disabled|deactivated)", re.IGNORECASE)
"""Meta's text with code 200, which otherwise is about one account."""

NEW_TOKEN = "make a new token of the system user"
TOKEN_REMEDIES = {
    458: f"the app was removed by the token's user: authorize it again, then {NEW_TOKEN}",
    459: "the token's user has to pass a checkpoint: log in at facebook.com as that user; the "
    "token works again afterwards",
    460: f"the password of the token's user was changed: {NEW_TOKEN}, which does not depend on a "
    "password",
    463: f"the token has expired: {NEW_TOKEN}, without an expiry",
    464: "the token's user is not confirmed: log in at facebook.com as that user and confirm the "
    "account",
    467: f"the token was revoked or its user logged out: {NEW_TOKEN}",
    492: "the token's user has lost its role: give it back in the business's settings, then "
    f"{NEW_TOKEN}",
}
CODE_REMEDIES = {
    102: f"the session has ended: {NEW_TOKEN}",
    190: f"{NEW_TOKEN}, unless Meta itself has an outage: runs try the token again within the hour",
    368: "Meta blocks this for a time because of its policies: see Business Support Home, settle "
    "what it names, and wait; a new token does not help",
    2500: "the path is unknown, the token is not to blame: check META_API_URL and META_API_VERSION",
}
APP_REMEDY = (
    "the app is blocked, not the ad account: see the app's alerts and required actions at "
    "developers.facebook.com; a new token of the same app does not help"
)


def remedy(
    code: int | None, subcode: int | None, message: str, *, is_about_token: bool
) -> str | None:
    """What to do, if the code tells; None where the type of the error says enough."""
    if code == 200 and APP_BLOCKED.search(message):
        return APP_REMEDY
    if is_about_token and subcode in TOKEN_REMEDIES:
        return TOKEN_REMEDIES[subcode]
    if code == 2500 and is_about_token:
        return "no token came with the call: check META_ACCESS_TOKEN"
    return CODE_REMEDIES.get(code) if code is not None else None
