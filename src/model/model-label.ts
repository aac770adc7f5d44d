/** Names that the user gave to models, keyed by the model's id or by the part of an ARN after a slash or colon. */
export type ModelNames = readonly (readonly [id: string, name: string])[];

/**
 * The user's name for a model, or null. Ids are compared ignoring case and the suffix "[1m]" that requests the long
 * context window.
 */
export function givenName(model: string, names: ModelNames): string | null {
  if (names.length === 0) return null;
  const id = plainId(model);
  const isNamedBy = (key: string): boolean => id === key || id.endsWith(`/${key}`) || id.endsWith(`:${key}`);
  return names.find(([key]) => isNamedBy(plainId(key)))?.[1] ?? null;
}

const plainId = (model: string): string =>
  model
    .trim()
    .replace(/\[\d+m\]$/i, "")
    .toLowerCase();
const lastPart = (id: string): string => id.slice(id.lastIndexOf("/") + 1);

/**
 * The display form of a model id. An ARN is shortened to its last part, which is unique within its account and region;
 * a Bedrock or Vertex name loses region, vendor, date and build: "us.anthropic.claude-opus-4-1-20250805-v1:0" and
 * "claude-opus-4-1@20250805" become "claude-opus-4-1". Other names are returned unchanged. Shapes of ARNs:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html
 */
export function modelLabel(model: string): string {
  const isPlain = !(
    model.includes("arn:") ||
    model.includes("publishers/") ||
    model.includes("anthropic.") ||
    model.includes("@")
  );
  return isPlain ? model : cloudLabel(model);
}

function cloudLabel(model: string): string {
  const resource = /^arn:[\w-]+:[\w-]+:[^:]*:[^:]*:(.+)$/.exec(model.trim())?.[1];
  const path = resource ?? /^(?:projects\/.+\/)?publishers\/.+$/.exec(model.trim())?.[0];
  const name = path === undefined ? model : lastPart(path).replace(/\[\d+m\]$/, "");
  const isCloudName =
    path !== undefined || /^(?:[a-z-]+\.)?anthropic\.|@(?:\d{8}|default|latest)(?:\[\d+m\])?$/.test(name);
  if (!isCloudName) return model;
  const short = name
    .replace(/\[\d+m\]$/, "")
    .replace(/^(?:[a-z-]+\.)?anthropic\./, "")
    .replace(/@(?:\d{8}|default|latest)$/, "");
  return short.startsWith("claude-") ? short.replace(/-v\d+(?::\d+)?(?::\d+k)?$/, "").replace(/-20\d{6}$/, "") : short;
}
