import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { diagnostics } from "../../src/diagnostics/registry.ts";
import { parseReport } from "../../src/claude/report.ts";
import type { Finding } from "../../src/model/finding.ts";
import { diagnose } from "../../src/monitoring/diagnose.ts";

const fixtures = join(import.meta.dir, "../fixtures/diagnostics");

interface Match {
  readonly from: string;
  readonly lines: readonly string[];
  readonly findings: readonly Omit<Finding, "type">[];
}
interface NoMatch {
  readonly why: string;
  readonly lines: readonly string[];
}

const read = async <T>(...path: string[]): Promise<T> => (await Bun.file(join(fixtures, ...path)).json()) as T;
const typeOf = (name: string): string => name.replaceAll("-", "_");
const without = ({ severity, message, details }: Finding): Omit<Finding, "type"> => ({ severity, message, details });

describe.each(diagnostics.map((rule) => [rule.name, rule] as const))("rule %s", (name, rule) => {
  const found = (lines: readonly string[]): Finding[] =>
    diagnose(parseReport(lines.join("\n"))).filter(({ type }) => type === typeOf(name));

  test("gives exactly the expected findings for its examples", async () => {
    const examples = await read<Match[]>(name, "match.json");
    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const { from, lines, findings } of examples) {
      expect({ from, findings: found(lines).map(without) }).toEqual({ from, findings: [...findings] });
      expect(findings.length).toBeGreaterThan(0);
    }
  });

  test("gives no findings for its counterexamples", async () => {
    const examples = await read<NoMatch[]>(name, "no-match.json");
    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const { why, lines } of examples) expect({ why, findings: found(lines) }).toEqual({ why, findings: [] });
  });

  test("gives findings of its own type, made from items of the report", async () => {
    for (const { lines } of await read<Match[]>(name, "match.json")) {
      const report = parseReport(lines.join("\n"));
      for (const { finding, items } of rule.match(report)) {
        for (const item of items) expect(report.items).toContain(item);
        if (finding) expect(finding.type).toBe(typeOf(name));
      }
    }
  });

  test("leaves no item of its examples to the fallback rule", async () => {
    if (rule.fallback) return;
    for (const { from, lines } of await read<Match[]>(name, "match.json")) {
      const left = diagnose(parseReport(lines.join("\n"))).filter(({ type }) => type === "other");
      expect({ from, left }).toEqual({ from, left: [] });
    }
  });

  test("does not throw, whatever a report contains", () => {
    fc.assert(
      fc.property(fc.array(line), fc.dictionary(label, fc.string()), (lines, facts) => {
        const report = parseReport(lines.join("\n"));
        rule.match({ items: report.items, facts: new Map(Object.entries(facts)) });
      }),
      { numRuns: 300 },
    );
  });
});

/** Labels and lines made of pieces of real reports and arbitrary text. */
const label = fc.constantFrom("Running", "Config install method", "Auto-updates", "Search", "Last update attempt");
const line = fc
  .tuple(
    fc.constantFrom(
      "",
      "- ",
      "  └ ",
      "  ⚠ ",
      "Warning: ",
      "  Fix: ",
      "Running: ",
      "2 warnings found",
      "Invalid settings",
    ),
    fc.oneof(
      fc.string(),
      fc.constantFrom(
        "Insufficient permissions for auto-updates",
        "Config mismatch: running a but config says b",
        "Large x will impact performance (1k chars > 2k)",
        "claude command at x missing or broken (y)",
      ),
    ),
  )
  .map((parts) => parts.join(""));

const recorded = readdirSync(join(fixtures, "recorded")).filter((file) => file.endsWith(".txt"));

test.each(recorded)("%s gives exactly the findings listed beside it", async (file) => {
  const text = await Bun.file(join(fixtures, "recorded", file)).text();
  const expected = await read<Finding[]>("recorded", file.replace(/txt$/, "json"));
  const found = diagnose(parseReport(text)).map(({ type, severity, message }) => ({ type, severity, message }));
  expect(found).toEqual(expected as unknown as typeof found);
});

test("every folder of examples belongs to a registered rule", () => {
  const folders = readdirSync(fixtures).filter((name) => name !== "recorded");
  expect(folders.toSorted()).toEqual(diagnostics.map(({ name }) => name).toSorted());
});
