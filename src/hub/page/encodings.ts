/** What the server has, best first; used where the sender likes several equally. */
const OFFERED = ["zstd", "gzip", "identity"] as const;

/** A way in which a file can be sent. */
export type Encoding = (typeof OFFERED)[number];

/**
 * The encodings that an Accept-Encoding header allows, the most wanted first. Without the header only "identity". What it does not name
 * is not allowed, except "identity"; "*" stands for all that it does not name, and q=0 forbids.
 */
export function allowedEncodings(header: string | null): Encoding[] {
  const wishes = new Map<string, number>();
  for (const part of (header ?? "").split(",")) {
    const [name = "", ...parameters] = part.split(";").map((one) => one.trim().toLowerCase());
    const [, weight = "1"] = parameters.map((one) => /^q\s*=\s*([01](?:\.\d{0,3})?)$/.exec(one)).find(Boolean) ?? [];
    if (name !== "") wishes.set(name, Number(weight));
  }
  const weightOf = (one: Encoding): number => wishes.get(one) ?? wishes.get("*") ?? (one === "identity" ? LEAST : 0);
  return OFFERED.filter((one) => weightOf(one) > 0).toSorted((a, b) => weightOf(b) - weightOf(a));
}

/** The weight of "identity" where nothing is said about it: less than whatever is wanted. */
const LEAST = 0.0001;
