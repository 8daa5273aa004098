// The languages of the page, and which one to begin with.

import { en } from "./en.js";
import { fr } from "./fr.js";

const LANGUAGES = { en, fr };

/** The words of a language. */
export function wordsOf(language) {
  return LANGUAGES[language] ?? en;
}

/** The first of the reader's languages that the page speaks. */
export function preferredLanguage() {
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2));
  return wanted.find((tag) => tag in LANGUAGES) ?? "en";
}

const written = new Map();

/** Put the page's own texts into a language. English is what the page was written in. */
export function translatePage(language) {
  const words = wordsOf(language);
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-word]")) {
    if (!written.has(element)) written.set(element, element.textContent);
    element.textContent = words.page[element.dataset.word] ?? written.get(element);
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", words.labels[element.dataset.label]);
  }
}
