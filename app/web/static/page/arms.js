// The two arms of an answer, in a fixed order: the control first.

const CONTROL = "placebo";

/** `[control, treated]`; either may be missing. */
export function armsOf(curves) {
  const arms = curves?.arms ?? [];
  const control = arms.find((arm) => arm.id === CONTROL);
  return [control, arms.find((arm) => arm !== control)];
}
