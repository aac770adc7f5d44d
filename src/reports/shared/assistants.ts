import type { Cell, Column } from "../../render/table.ts";

/** An assistant whose files can be read, as its source tells of itself. */
export interface Assistant {
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  /** The newest version whose files were tested; null where none could be run. */
  readonly tested: string | null;
  /** What it does not write down, and why, in a clause. */
  readonly gaps: readonly { readonly what: string; readonly why: string }[];
  /** Where its files are looked for, by real paths and as people write them: "~/.claude/projects". */
  readonly roots: readonly { readonly path: string; readonly shown: string }[];
}

/** What people call an assistant; its name where it is on the shelf no more. */
export const titleOf = (assistants: readonly Pick<Assistant, "name" | "title">[], source: string): string =>
  assistants.find(({ name }) => name === source)?.title ?? source;

const COLUMN: Column = { name: "Assistant", kind: "text", priority: 68 };

/** How the assistants of one answer are told apart: not at all where there is only one. */
export class AssistantColumn {
  readonly areSeveral: boolean;
  readonly #assistants: readonly Assistant[];

  constructor(assistants: readonly Assistant[], sources: Iterable<string>) {
    this.#assistants = assistants;
    this.areSeveral = new Set(sources).size > 1;
  }

  /** Columns with one more at a place, for the assistant; as they are where there is only one. */
  columns(columns: readonly Column[], at: number, priority = COLUMN.priority): readonly Column[] {
    return this.areSeveral ? columns.toSpliced(at, 0, { ...COLUMN, priority }) : columns;
  }

  /** A row to such columns. */
  row(cells: readonly Cell[], at: number, sources: Iterable<string> | null): readonly Cell[] {
    return this.areSeveral ? cells.toSpliced(at, 0, sources && this.text(sources)) : cells;
  }

  /** The titles of some assistants, in the order of the shelf. */
  text(sources: Iterable<string>): string {
    const rank = (source: string): number => this.#assistants.findIndex(({ name }) => name === source);
    return [...new Set(sources)]
      .toSorted((a, b) => rank(a) - rank(b))
      .map((source) => titleOf(this.#assistants, source))
      .join(", ");
  }

  /** The name of a part of an answer, with its assistant behind it where there are several. */
  named(name: string, source: string): string {
    return this.areSeveral ? `${name} (${this.text([source])})` : name;
  }
}

/** A key by which two assistants' sessions are told apart, whose ids may be equal by chance. */
export const sessionKey = ({ source, session }: { readonly source: string; readonly session: string }): string =>
  `${source}\n${session}`;
