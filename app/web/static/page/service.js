// Asking the service. Addresses are relative to the page: any host name and path prefix will do.

/** The address of an estimate, below the folder that the page is in. */
export function estimateAddress(query) {
  return new URL(`v1/estimate?${query}`, document.baseURI);
}

/** `{answer}` or `{problem}`; a problem of the network has no status. */
export async function askEstimate(query, language) {
  let response;
  try {
    response = await fetch(estimateAddress(query), {
      headers: { Accept: "application/json", "Accept-Language": language },
      credentials: "omit",
      cache: "no-store",
    });
  } catch {
    return { problem: { status: null } };
  }
  const content = await response.json().catch(() => null);
  if (response.ok && content) return { answer: content };
  return { problem: { ...(content ?? {}), status: response.status } };
}
