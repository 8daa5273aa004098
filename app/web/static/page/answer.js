// The answer, section by section. A section whose part of the answer is null is left out, or says so.

import { absoluteCard } from "./absolute.js";
import { applicabilityCard, noticesCard, warningsCard, wordsCard } from "./conditions.js";
import { curvesCard } from "./curves.js";
import { effectCard } from "./effect.js";
import { exploratoryCard } from "./exploratory.js";
import { sourceCard } from "./source.js";
import { stratumCard } from "./stratum.js";

/** One line that names the answer. */
export function headlineOf(answer, words) {
  const stratum = answer.stratum?.label;
  const silent = answer.status !== "estimate" && words.headline[answer.status];
  return [silent, stratum].filter(Boolean).join(": ") || words.headline.estimate;
}

/** Every section of an answer, in reading order. */
export function answerParts(answer, say) {
  return [
    stratumCard(answer, say),
    warningsCard(answer, say),
    effectCard(answer, say),
    curvesCard(answer, say),
    absoluteCard(answer, say),
    wordsCard(answer, say),
    exploratoryCard(answer, say),
    applicabilityCard(answer, say),
    noticesCard(answer, say),
    sourceCard(answer, say),
  ].filter(Boolean);
}
