// Where the answer comes from: evidence, version, digest, publication; and the answer for machines.

import { card, h } from "./dom.js";
import { estimateAddress } from "./service.js";

function publication({ doi, citation }) {
  const link = doi && h("a", { href: `https://doi.org/${doi}`, rel: "noreferrer" }, `doi:${doi}`);
  return h("p", {}, citation, citation && link && " ", link);
}

/** The last card. Links to the outside are followed by people only; the page never loads them. */
export function sourceCard({ evidence, service }, { words, query }) {
  if (!evidence) return null;
  return card(
    "source",
    words.sourceTitle,
    publication(evidence),
    h(
      "p",
      {},
      words.source(evidence.id, evidence.version),
      service?.version && ` · ${words.service(service.version)}`,
    ),
    evidence.digest &&
      h("p", { class: "digest" }, words.digest, " ", h("code", {}, evidence.digest)),
    h("p", { class: "machines" }, h("a", { href: estimateAddress(query) }, words.asJson)),
  );
}
