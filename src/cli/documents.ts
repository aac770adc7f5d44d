import pets from "../../data/pets.json";
import { diagnostics } from "../diagnostics/registry.ts";
import type { RecordKind } from "../model/record.ts";
import { recordSchemas } from "../model/record-schema.ts";
import { segments } from "../segments/registry.ts";
import { sinks } from "../monitoring/sinks/registry.ts";
import { sources } from "../sources/registry.ts";
import type { Store } from "../sources/contract.ts";
import { allowed, declarations } from "../utils/config.ts";
import { PawprintError } from "../utils/errors.ts";

/** A command as the tables show it. */
interface Described {
  readonly name: string;
  readonly description: string;
  readonly words?: string;
  readonly internal?: true;
  readonly isReport?: true;
}

/** The text of .env.example, without its last newline. */
export function envExample(): string {
  const head = [
    "# Settings of Pawprint. Copy what you change to ~/.claude/pets/.env, or set it in the environment, which wins.",
    "# Printed by: pawprint env",
  ];
  const entries = Object.values(declarations).map((declaration) => {
    const fallback = "otherwise" in declaration ? declaration.otherwise : String(declaration.default);
    const value = declaration.kind === "list" ? declaration.default.join(",") : String(declaration.default ?? "");
    return `# ${declaration.description}: ${allowed(declaration)}\n# default: ${fallback}\n#${declaration.env}=${value}`;
  });
  return [head.join("\n"), ...entries].join("\n\n");
}

/** A table for each `<!-- table: name -->` ... `<!-- end -->` of the text. Throws not_found for a name that is none. */
export function withTables(text: string, commands: readonly Described[]): string {
  const tables = tablesOf(commands);
  return text.replace(
    /(<!-- table: ([\w-]+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, start: string, name: string, end: string) => {
      const table = Object.hasOwn(tables, name) ? tables[name] : undefined;
      if (!table)
        throw new PawprintError(
          "not_found",
          `there is no table "${name}"`,
          `one of: ${Object.keys(tables).join(", ")}`,
        );
      const [head = [], ...rows] = table();
      const lines = [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`);
      return `${start}\n${lines.join("\n")}\n\n${end}`;
    },
  );
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const code = (text: string): string => `\`${text}\``;

const tablesOf = (commands: readonly Described[]): Readonly<Record<string, () => string[][]>> => ({
  settings: () => [
    ["setting", "meaning", "allowed", "default"],
    ...Object.values(declarations).map((declaration) => {
      const fallback = "otherwise" in declaration ? declaration.otherwise : code(String(declaration.default));
      return [code(declaration.env), declaration.description, allowed(declaration), fallback.replaceAll(",", ", ")];
    }),
  ],
  segments: () => [
    ["segment", "shows", "row"],
    ...segments.map(({ name, description, row }) => [code(name), description, String(row)]),
  ],
  pets: () => [
    ["pack", "content", "watchful", "worried", "exhausted", "asleep", "unwell"],
    ...Object.entries(pets).map(([name, { unicode }]) => [code(name), ...Object.values(unicode).map(code)]),
  ],
  findings: () => [
    ["type", "meaning"],
    ...diagnostics.map(({ name, description }) => [code(name.replaceAll("-", "_")), description]),
  ],
  storage: () => [["type", "where records go"], ...sinks.map(({ name, description }) => [code(name), description])],
  commands: () => [["command", "does"], ...commands.filter(({ isReport }) => !isReport).flatMap(commandRow)],
  reports: () => [["report", "tells"], ...commands.filter(({ isReport }) => isReport).flatMap(commandRow)],
  assistants: () => [
    ["assistant", "known", "read from", "tested up to", "not recorded by it", "its own numbers"],
    ...sources.map(({ title, description, stores, tested, gaps, misleads }) => [
      title,
      description,
      placesOf(stores).map(code).join(", "),
      tested ?? "made-up files only",
      gaps.map(({ what }) => what).join(", "),
      misleads,
    ]),
  ],
  usage: () => recordTable("usage"),
  status: () => recordTable("status"),
  "diagnostics-record": () => recordTable("diagnostics"),
  limits: () => recordTable("limits"),
});

/** Where stores lie if nothing else is set; of several places the first. */
const placesOf = (stores: readonly Pick<Store, "roots">[]): string[] => [
  ...new Set(stores.flatMap((store) => store.roots({}, "/~").slice(0, 1)).map((path) => path.slice(1))),
];

function commandRow({ name, words, description, internal }: Described): string[][] {
  return internal ? [] : [[code(`pawprint ${name}${words ? ` ${words}` : ""}`), description]];
}

function recordTable(kind: RecordKind): string[][] {
  const fields = Object.entries(recordSchemas[kind].shape);
  return [["field", "meaning"], ...fields.map(([name, schema]) => [code(name), schema.description ?? ""])];
}
