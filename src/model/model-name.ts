/**
 * A model's name without what says only where it runs, which build it is and how hard it thinks, none of which changes the
 * list price: "us.anthropic.claude-opus-4-20250514-v1:0" (Bedrock), "claude-opus-4@20250514" (Vertex),
 * "claude-opus-4-20250514[1m]" and "claude-4-opus-thinking" (Cursor) are all "claude-opus-4"; "openai/gpt-5-2025-08-07" is
 * "gpt-5". What does or may change it stays: "-fast", ":free", and builds of 2024, since those of GPT-4o differ. What an
 * endpoint in a region costs more is told by `isRegional`.
 */
export function modelName(raw: string): string {
  const name = raw
    .trim()
    .toLowerCase()
    .replace(/^.*\//, "")
    .replace(/^(?:[a-z-]+\.)?(?:anthropic|openai)\./, "");
  return name.startsWith("claude-")
    ? claudeName(name)
    : name
        .replace(/@(?:default|latest)$/, "")
        .replace(/-20(?:2[5-9]|[3-9]\d)-[01]\d-[0-3]\d$/, "")
        .replace(/^((?:gpt-[5-9]|o[34]).*)-(?:none|minimal|low|medium|high|xhigh)$/, "$1");
}

const claudeName = (name: string): string =>
  name
    .replace(/\[\d+m\]/g, "")
    .replace(/@(?:\d{8}|default|latest)$/, "")
    .replace(/-v\d+(?::\d+)?(?::\d+k)?$/, "")
    .replace(/-(?:20\d{6}|latest)$/, "")
    .replace(/[-:](?:thinking|thought)$/, "")
    .replace(/(\d)\.(?=\d)/, "$1-")
    .replace(/^claude-([4-9](?:-\d)?)-([a-z]+)(?:-(?:low|medium|high|xhigh|max))?$/, "claude-$2-$1");

/** A model id of Bedrock: "anthropic.claude-…", with the geography of an inference profile before it, or none. */
const BEDROCK = /(?:(?:^|[^a-z0-9])([a-z]{2}(?:-gov)?|apac|emea|amer|global)\.|^|[/:])(?:anthropic|openai)\.[a-z]/;
/** The location in a resource name of Vertex: "projects/p/locations/us-east5/publishers/anthropic/models/claude-…". */
const VERTEX = /(?:^|\/)locations\/([a-z][a-z0-9-]*)\//;
/** The region in the name of a resource of AWS, and a region as a part of a path: "bedrock/us-east-1/…", "vertex_ai/us-east5/…". */
const ARN = /^arn:aws[a-z-]*:bedrock:([a-z0-9-]+):/;
const REGION = /(?:^|\/)(?:[a-z]{2}(?:-gov)?|[a-z]+america|africa|asia|australia|europe)-[a-z]+-?\d+\//;

/**
 * Whether a name tells that requests stay in a region or a geography, which Bedrock and Vertex bill dearer than "global"
 * ones: https://docs.claude.com/en/docs/build-with-claude/claude-on-vertex-ai#global-vs-regional-endpoints. A model id of
 * Bedrock without a profile is answered in the region that was asked. A plain name, as Vertex also has it, tells nothing.
 */
export function isRegional(raw: string): boolean {
  const name = raw.trim().toLowerCase();
  const profile = BEDROCK.exec(name);
  if (profile) return profile[1] !== "global";
  const location = VERTEX.exec(name);
  if (location) return location[1] !== "global";
  return ARN.test(name) || REGION.test(name);
}

/** A model that a name may stand for which no list has. */
export interface LikelyModel {
  /** As `modelName` gives it. */
  readonly name: string;
  /** The name says that it answers in the maker's fast mode. */
  readonly isFast: boolean;
}

/** Longer names are nobody's; a part of them is no evidence. */
const LONGEST = 200;
/** What gateways and editors put behind the name of a model that is still the same: effort, tokens to think with, mode, window, build, place. */
const ENDING =
  /[-:.,@([](fast|\d+[mk]|context|no-?think(?:ing)?|think(?:ing)?(?:-\d{3,6})?|thought|reasoning|none|minimal|low|medium|high|xhigh|max|ultra|agentic|beta|latest|default|v\d+(?::\d+)?|20\d{6}|20(?:2[5-9]|[3-9]\d)-\d\d-\d\d|bedrock|vertex|azure|aws|gcp|(?<=\()(?:auto|\d{3,6}))[\])]?$/;
const MOST_ENDINGS = 6;

/**
 * Models whose names a gateway's own name contains, the likeliest first: without what stands before ("kiro-", "databricks-",
 * "anthropic--"), without endings that say how it answers ("-1m", "-high", "-fast"), with versions written otherwise
 * ("opus-41", "gpt-5-1"). They are guesses: a price that is found by one is an estimate.
 */
export function* likelyModels(raw: string): Generator<LikelyModel> {
  if (raw.length > LONGEST) return;
  const name = raw
    .trim()
    .toLowerCase()
    .replaceAll(/[_\s]+/g, "-")
    .replaceAll(/-{2,}/g, "-")
    .replace(/^.*\//, "");
  // A small model that was taught by a large one, and has some of its name.
  if (name.includes("distill")) return;
  const starts = [0, ...Array.from(name.matchAll(/[^a-z0-9]/g), ({ index }) => index + 1)];
  for (const start of starts) {
    let rest = name.slice(start);
    let isFast = false;
    for (let endings = 0; endings <= MOST_ENDINGS; endings++) {
      for (const one of new Set(spellings(rest))) yield { name: one, isFast };
      const ending = ENDING.exec(rest);
      if (!ending) break;
      isFast ||= ending[1] === "fast";
      rest = rest.slice(0, ending.index);
    }
  }
}

/** A name as `modelName` gives it, and as it would be with the version written as its maker writes it. */
function spellings(text: string): string[] {
  const name = modelName(text);
  const claude = name.replace(/^(?:claude-)?(opus|sonnet|haiku|fable|mythos)-?(?=\d)/, "claude-$1-");
  if (!claude.startsWith("claude-")) return [name, name.replace(/^([a-z]+-?[a-z]?\d)-(\d)(?!\d)/, "$1.$2")];
  const spaced = claude
    .replace(/^claude-([a-z]+)-(\d)(\d)$/, "claude-$1-$2-$3")
    .replace(/^claude-(\d)(\d)-/, "claude-$1-$2-")
    .replace(/^claude-([a-z]+)-(3(?:-\d)?)$/, "claude-$2-$1");
  return [claude, modelName(spaced)];
}
