// Two comforts on the page to record on. Everything works without them.
"use strict";

for (const form of document.querySelectorAll("form.drop")) {
  const file = form.querySelector("input[type=file]");
  for (const kind of ["dragenter", "dragover"]) {
    form.addEventListener(kind, (event) => {
      event.preventDefault();
      form.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) {
    form.addEventListener(kind, () => form.classList.remove("over"));
  }
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length === 1) {
      file.files = event.dataTransfer.files;
    }
  });
}

const fields = document.querySelector("#f-fields > .checks");
if (fields !== null) {
  const tools = document.createElement("p");
  tools.className = "tools";
  for (const [text, state] of [["Tick all", true], ["Tick none", false]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain";
    button.textContent = text;
    button.addEventListener("click", () => {
      for (const box of fields.querySelectorAll("input")) {
        box.checked = state;
      }
    });
    tools.append(button);
  }
  fields.before(tools);
}

const problems = document.querySelector("#problems");
if (problems !== null) {
  problems.focus();
}
