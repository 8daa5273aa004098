// The estimate page: asks, shows the answer or what stands in its way.

import { answerParts, headlineOf } from "./answer.js";
import { h } from "./dom.js";
import { formatsOf } from "./format.js";
import { clearFaults, ownFaults, queryOf, showFaults, splitComparator } from "./question.js";
import { askEstimate } from "./service.js";
import { preferredLanguage, translatePage, wordsOf } from "./words/index.js";

const form = document.getElementById("question");
const place = document.getElementById("answer");
const body = document.getElementById("answer-body");
const announcement = document.getElementById("announcement");
const welcome = [...body.childNodes];
let latest = 0;

function announce(text) {
  announcement.textContent = text;
}

function say(query) {
  const language = form.language.value;
  return { words: wordsOf(language), formats: formatsOf(language), language, query };
}

function problemLink(problem, words) {
  const found = /\/problems\/([a-z-]+)$/.exec(problem.type ?? "");
  const link =
    found && h("a", { href: new URL(`problems/${found[1]}`, document.baseURI) }, words.more);
  const id =
    !problem.errors?.length &&
    problem.request_id &&
    h("small", {}, words.requestId(problem.request_id));
  return h("span", {}, link, link && id && " ", id);
}

function showProblem(problem, words) {
  const unnamed =
    problem.detail ??
    problem.title ??
    (problem.status ? words.unexpected(problem.status) : words.unreachable);
  const faults = problem.errors?.length ? problem.errors : [{ pointer: "", detail: unnamed }];
  body.replaceChildren(...welcome);
  showFaults(form, faults, problemLink(problem, words));
  announce(words.faulty(faults.length));
}

function showAnswer(answer, context) {
  body.replaceChildren(...answerParts(answer, context));
  announce(context.words.ready(headlineOf(answer, context.words)));
}

async function ask({ moves }) {
  const turn = ++latest;
  clearFaults(form);
  splitComparator(form);
  const query = queryOf(form);
  const context = say(query);
  const faults = ownFaults(form, context.words);
  if (faults.length) return showProblem({ errors: faults }, context.words);
  place.setAttribute("aria-busy", "true");
  announce(context.words.asking);
  const { answer, problem } = await askEstimate(query, context.language);
  if (turn !== latest) return undefined;
  place.removeAttribute("aria-busy");
  if (problem) return showProblem(problem, context.words);
  showAnswer(answer, context);
  if (moves) place.focus();
  return undefined;
}

function isAnswered() {
  return body.firstChild !== welcome[0];
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask({ moves: true });
});

form.language.addEventListener("change", () => {
  translatePage(form.language.value);
  if (isAnswered()) ask({ moves: false });
});

for (const example of document.querySelectorAll("[data-example]")) {
  example.addEventListener("click", () => {
    form.pnfh.value = example.dataset.example;
    form.unit.value = "pg/mL";
    form.comparator.value = "";
    ask({ moves: true });
  });
}

form.language.value = preferredLanguage();
translatePage(form.language.value);
document.getElementById("ask").disabled = false;
