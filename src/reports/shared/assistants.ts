import { PawprintError } from "../../utils/errors.ts";
import { find } from "../../utils/registry.ts";
import { clean } from "../../utils/terminal.ts";
import type { Column } from "../../render/columns.ts";

/** A supported assistant, as its source describes itself. */
export interface Assistant {
  readonly name: string;
  /** Display name. */
  readonly title: string;
  /** The newest version whose files were tested; null where none could be run. */
  readonly tested: string | null;
  /** What it does not record, and why, as a clause. */
  readonly gaps: readonly { readonly what: string; readonly why: string }[];
  /** What one of its responses is, as a noun phrase, if it records no single responses. */
  readonly responseUnit?: string | undefined;
  /** The command that continues a session, before its id, if it has one. */
  readonly resume?: string | undefined;
  /** Directories of its files: the real path, the path to show: "~/.claude/projects", and whether it exists. */
  readonly roots: readonly { readonly path: string; readonly shown: string; readonly exists: boolean }[];
}

/** The display name of an assistant; its source name where it is not in the registry. */
export const titleOf = (assistants: readonly Pick<Assistant, "name" | "title">[], source: string): string =>
  assistants.find(({ name }) => name === source)?.title ?? source;

/**
 * The assistant with a name, or with a beginning that no other name has; undefined if none is wanted. Throws bad_usage with the
 * names that it may be.
 */
export function assistantNamed<T extends { readonly name: string }>(
  assistants: readonly T[],
  wanted: string | undefined,
): T | undefined {
  if (wanted === undefined) return undefined;
  const isExact = assistants.some(({ name }) => name === wanted);
  const matches =
    isExact || wanted === "" ? [] : assistants.filter(({ name }) => name.startsWith(wanted.toLowerCase()));
  if (matches.length < 2) return matches[0] ?? find(assistants, clean(wanted), "assistant");
  const names = matches.map(({ name }) => name).join(", ");
  throw new PawprintError("bad_usage", `several assistants begin with "${clean(wanted)}"`, `one of: ${names}`);
}

/** The column that names the assistant of each row, in results with more than one assistant. */
export class AssistantColumn {
  readonly areSeveral: boolean;
  readonly #assistants: readonly Assistant[];

  constructor(assistants: readonly Assistant[], sources: Iterable<string>) {
    this.#assistants = assistants;
    this.areSeveral = new Set(sources).size > 1;
  }

  /** The column that names the assistants of each row; hidden where there is only one. */
  column<Row>(sourcesOf: (row: Row) => Iterable<string>, priority = 68): Column<Row> {
    return {
      name: "Assistant",
      kind: "text",
      priority,
      shorten: true,
      isHidden: !this.areSeveral,
      value: (row) => this.text(sourcesOf(row)),
    };
  }

  /** The titles of some assistants, in registry order. */
  text(sources: Iterable<string>): string {
    const rank = (source: string): number => this.#assistants.findIndex(({ name }) => name === source);
    return [...new Set(sources)]
      .toSorted((a, b) => rank(a) - rank(b))
      .map((source) => titleOf(this.#assistants, source))
      .join(", ");
  }

  /** A name, followed by its assistant where there are several. */
  named(name: string, source: string): string {
    return this.areSeveral ? `${name} (${this.text([source])})` : name;
  }
}

/** A sentence for each assistant of a result that records no single responses, where responses are counted. */
export const responseNotes = (assistants: readonly Assistant[], sources: Iterable<string>): string[] => {
  const shown = new Set(sources);
  return assistants.flatMap(({ name, title, responseUnit }) =>
    responseUnit !== undefined && shown.has(name) ? [`A response of ${title} is ${responseUnit}.`] : [],
  );
};

/** A unique key of a session; sessions of two assistants may have the same id. */
export const sessionKey = ({ source, session }: { readonly source: string; readonly session: string }): string =>
  `${source}\n${session}`;
