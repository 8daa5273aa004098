// A logarithmic scale for the two strips.

/** From a value to a place between two ends. */
export function logScale(from, to, start, end) {
  const low = Math.log(from);
  const span = Math.log(to) - low;
  const place = (value) => start + ((Math.log(value) - low) / span) * (end - start);
  return (value) => Math.min(end, Math.max(start, place(value)));
}
