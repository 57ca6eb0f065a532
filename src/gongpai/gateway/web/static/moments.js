// Rewrites each moment of the page in the reader's own time zone. Without it the page shows UTC.
"use strict";

const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
for (const moment of document.querySelectorAll("time[datetime]")) {
  moment.title = moment.textContent;
  moment.textContent = format.format(new Date(moment.dateTime));
}
