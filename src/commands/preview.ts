import pets from "../../data/pets.json";
import themes from "../../data/themes.json";
import { columnsIn, lineOf, segmentsByName } from "../line/line.ts";
import { sampleDocument, sampleState } from "../line/sample.ts";
import { settingsProblem } from "../line/settings-problem.ts";
import { viewOf } from "../line/view.ts";
import { sessionOf } from "../model/session.ts";
import { segments } from "../segments/registry.ts";
import type { View } from "../segments/contract.ts";
import { type Settings } from "../utils/config.ts";
import { columns, jsonText, styleOf } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";

/** A usage of the worst limit, in percent, that puts the pet in each mood. */
const MOODS = { content: 20, watchful: 60, worried: 85, exhausted: 97 } as const;

/** Prints the line in every theme, width and pack, with sample sessions. */
export const preview: Command = {
  name: "preview",
  purpose: "display",
  description: "show themes, pets, moods, widths and segments on a sample",
  options: [{ name: "json", description: "print the rows of each sample as JSON" }],
  examples: [{ args: "preview", description: "choose a theme, a pet and segments" }],
  related: ["env"],
  run(context) {
    const { options, print } = context;
    const samples = samplesFor(context);
    if (options["json"]) print(jsonText(samples, 2));
    else for (const { title, rows } of samples) print(`${title}\n${rows.map((row) => `  ${row}`).join("\n")}\n`);
    return Promise.resolve(0);
  },
};

interface PreviewSample {
  readonly title: string;
  readonly rows: readonly string[];
}

function samplesFor(context: Context): PreviewSample[] {
  const { settings, problems, terminal } = context;
  const width = columnsIn(terminal.columns);
  const line = (change: Partial<Settings>, columnCount = width, problem: string | null = null): string[] => {
    const changed = { ...settings, ...change };
    return lineOf({ ...sampleView(context, changed, 42), problem }, changed, columnCount);
  };
  const problem = settingsProblem(settings, problems, segmentsByName);
  const view = sampleView(context, settings, 42);
  const examples = segments.map((segment) => [segment.name, segment.render(view) ?? "(empty for this sample)"]);
  return [
    { title: "The line with your settings (sample numbers)", rows: line({}, width, problem) },
    ...Object.keys(themes).map((theme) => ({ title: `PET_THEME=${theme}`, rows: line({ theme }) })),
    { title: "PET_GLYPHS=ascii", rows: line({ glyphs: "ascii" }) },
    { title: "PET_ROWS=1", rows: line({ rows: 1 }) },
    ...[48, 60, 80, 120].map((width) => ({ title: `${width} columns`, rows: line({}, columnsIn(width)) })),
    ...Object.keys(pets).map((pack) => ({
      title: `PET_PACK=${pack}`,
      rows: [moodsRow(context, { ...settings, pack })],
    })),
    { title: "Segments", rows: columns(examples).split("\n") },
  ];
}

function moodsRow(context: Context, settings: Settings): string {
  const faces = Object.entries(MOODS).map(([mood, percent]) => [mood, sampleView(context, settings, percent)] as const);
  const view = sampleView(context, settings, 20);
  const idle: View = {
    ...view,
    session: { ...view.session, cache: { expiresAt: view.now - 3_600_000, ttlMs: 300_000 } },
  };
  const sick: View = { ...view, problem: "log stopped" };
  const pet = segments.find(({ name }) => name === "pet");
  return [...faces, ["asleep", idle] as const, ["unwell", sick] as const]
    .map(([mood, one]) => `${pet?.render(one)} ${mood}`)
    .join("   ");
}

function sampleView({ clock, terminal }: Context, settings: Settings, percent: number): View {
  const now = clock.now();
  const { theme, glyphs, links } = settings;
  return viewOf({
    now,
    session: sessionOf(sampleDocument(now, percent)),
    state: sampleState(now, percent),
    branch: { name: "main", detached: false },
    problem: null,
    settings,
    style: styleOf({ theme, glyphs, links, colour: terminal.colour }),
  });
}
