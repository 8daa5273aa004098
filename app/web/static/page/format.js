// Numbers as words. Rounding is half up and always from the unrounded number of the answer.

export const DAYS_IN_A_MONTH = 30.4375;

/** Half up at a number of digits. */
export function roundHalfUp(value, digits = 0) {
  const scale = 10 ** digits;
  return Math.floor(value * scale + 0.5) / scale;
}

/** Whether an answer gives this as a number; a missing or null one is not invented. */
export function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/** The ways of writing numbers in one language. */
export function formatsOf(language) {
  const written = (digits, more = {}) =>
    new Intl.NumberFormat(language, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      useGrouping: false,
      ...more,
    });
  const minus = (text) => text.replace("-", "−");
  const whole = written(0);
  const oneDigit = written(1);
  const twoDigits = written(2);
  const percent = written(0, { style: "percent" });
  const finePercent = new Intl.NumberFormat(language, {
    style: "percent",
    maximumFractionDigits: 1,
  });
  const asGiven = new Intl.NumberFormat(language, {
    maximumSignificantDigits: 12,
    useGrouping: false,
  });
  const signed = written(0, { signDisplay: "exceptZero" });
  const signedPercent = written(0, { style: "percent", signDisplay: "exceptZero" });
  return {
    level: (value) => asGiven.format(value),
    ratio: (value) => twoDigits.format(roundHalfUp(value, 2)),
    needed: (value) => oneDigit.format(roundHalfUp(value, 1)),
    days: (value) => whole.format(roundHalfUp(value)),
    signedDays: (value) => minus(signed.format(roundHalfUp(value))),
    months: (days) => oneDigit.format(roundHalfUp(days / DAYS_IN_A_MONTH, 1)),
    percent: (share) => percent.format(roundHalfUp(share * 100) / 100),
    signedPoints: (difference) => minus(signed.format(roundHalfUp(difference * 100))),
    signedPercent: (value) => minus(signedPercent.format(roundHalfUp(value) / 100)),
    finePercent: (share) => finePercent.format(share),
    probability(share) {
      if (share < 0.005) return `< ${percent.format(0.01)}`;
      if (share >= 0.995) return `> ${percent.format(0.99)}`;
      return this.percent(share);
    },
  };
}
