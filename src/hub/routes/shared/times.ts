/** A time (epoch ms) as the API shows it: ISO 8601 in UTC. */
export const isoTime = (ms: number): string => new Date(ms).toISOString();

/** The same for a time that may not have come yet. */
export const nullableTime = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));
