/** What everybody is told while a site is in maintenance, on every target. */

/** When to try again, in seconds. */
export const RETRY_AFTER = 120;

export const MAINTENANCE_PAGE =
    "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=width=device-width><title>Maintenance</title>" +
    "<body style='font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem'><h1>Back soon</h1>" +
    "<p>This site is being worked on. Please try again in a few minutes.</p></body></html>";
