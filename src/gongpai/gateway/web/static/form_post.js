// Takes the answer to the relying party at once, and once only: a code that comes twice ends what came of it.
"use strict";

const form = document.getElementById("party-form");
form.querySelector("button").disabled = true;
form.submit();
