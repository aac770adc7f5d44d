import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { installationOf, isReport, parseReport } from "../../src/claude/report.ts";
import { diagnose, reportOf, statusDiagnostics } from "../../src/monitoring/diagnose.ts";

const fixture = (path: string): Promise<string> => Bun.file(new URL(`../fixtures/${path}`, import.meta.url)).text();

describe("parseReport", () => {
  test("parseReport reads facts, sections and remedies of the current doctor", async () => {
    const report = parseReport(await fixture("diagnostics/recorded/doctor-2.1.328-many.txt"));
    expect(isReport(report)).toBe(true);
    expect(installationOf(report)).toEqual({ running: "npm-global", config: "unknown" });
    expect(report.facts.get("Managed settings (remote)")).toStartWith("not fetched");
    expect(report.items.map(({ section }) => section)).toEqual([
      ...Array.from({ length: 3 }, () => "Invalid settings"),
      ...Array.from({ length: 2 }, () => "Multiple installations found"),
      ...Array.from({ length: 3 }, () => "Remote Control"),
      ...Array.from({ length: 2 }, () => "warnings found"),
    ]);
    expect(report.items.at(-2)).toEqual({
      section: "warnings found",
      text: "Local installation exists but not being used",
      fix: "Consider using native installation: claude install",
      parts: [],
      marked: false,
    });
  });

  test("parseReport reads the trees and marked warnings of 2.0", async () => {
    const report = parseReport(await fixture("diagnostics/recorded/doctor-2.0.55.txt"));
    expect(installationOf(report)).toEqual({ running: "npm-global", config: "unknown" });
    expect(report.items[0]?.parts).toEqual([
      "npm-local at /home/user/.claude/local",
      "npm-global at /opt/npm/bin/claude",
      "native at /home/user/.local/bin/claude",
    ]);
    expect(report.items.find(({ text }) => text.includes("Read("))?.text).toBe(
      '/home/user/.claude/settings.json › permissions › deny › "Read(": Mismatched parentheses. Ensure all opening parentheses have matching closing parentheses',
    );
  });

  test("parseReport ignores colours, Windows line ends and a byte order mark", () => {
    const text =
      "\uFEFFClaude Code doctor\r\n\r\nRunning: native (2.1.328)\r\n\r\n\x1b[33m1 warning found\x1b[39m\r\n- It is odd\r\n";
    const report = parseReport(text);
    expect(installationOf(report).running).toBe("native");
    expect(report.items).toMatchObject([{ section: "warning found", text: "It is odd" }]);
  });

  test("parseReport joins lines wrapped by a narrow screen", () => {
    const [item] = parseReport(
      "System diagnostics\n ⚠ Transcript cleanup is paused until the\n   settings problems are fixed",
    ).items;
    expect(item?.text).toBe("Transcript cleanup is paused until the settings problems are fixed");
  });

  test("other output is not taken for a report", () => {
    for (const text of ["", "Unknown command", " - Read about how to prevent this error", "{}", "Answer: I am well."])
      expect(isReport(parseReport(text))).toBe(false);
  });

  // A regular expression with exponential or quadratic time would exceed the time limit of the test.
  test("parsing hostile input is fast, and its findings are limited in number and length", () => {
    const long = "a".repeat(1_000_000);
    const hostile = [
      long,
      `- ${long}\n  Fix: ${long}`,
      "- x\n".repeat(100_000),
      "⚠ \n└ ".repeat(100_000),
      "  └ a\n".repeat(1_000),
      "A: b\n".repeat(100_000),
      Array.from({ length: 5_000 }, (_, indent) => `S\n${" ".repeat(indent)}└ deeper`).join("\n"),
      "\x1b[".repeat(500_000),
      "Config mismatch: running " + long,
    ];
    for (const text of hostile) {
      const findings = diagnose(parseReport(text));
      expect(findings.length).toBeLessThanOrEqual(200);
      for (const { message } of findings) expect(message.length).toBeLessThanOrEqual(1_000);
    }
  });

  test("parseReport accepts any text without throwing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => void diagnose(parseReport(text))),
      { numRuns: 500 },
    );
  });
});

describe("reportOf", () => {
  const nothing = { get_status: null, auth_status: null, doctor: null };

  test("reportOf adds the diagnostics rows of get_status to those of doctor", () => {
    const get_status = {
      sections: [
        { title: "Session", rows: [{ label: "Version", value: "2.1.400" }] },
        {
          title: "System diagnostics",
          rows: [{ value: "⚠ No write permissions\nfor auto-updates" }, { label: "Odd" }, 7],
        },
      ],
    };
    const report = reportOf({ ...nothing, get_status, doctor: "Running: npm-global (2.1.400)\n" });
    expect(installationOf(report).running).toBe("npm-global");
    expect(diagnose(report).map(({ type, message }) => [type, message])).toEqual([
      ["other", "Odd"],
      ["permission_warning", "No write permissions for auto-updates"],
    ]);
  });

  test("reportOf finds nothing in empty or malformed answers", () => {
    for (const get_status of [null, 1, "x", [], {}, { sections: 1 }, { sections: [1, { rows: [null] }] }])
      expect(diagnose(reportOf({ ...nothing, get_status }))).toEqual([]);
  });
});

describe("statusDiagnostics", () => {
  test("statusDiagnostics contains the three sentences that 2.0 shows together", async () => {
    const findings = diagnose(parseReport(await fixture("diagnostics/recorded/status-2.0.55.txt")));
    expect(statusDiagnostics(findings, true)).toEqual({
      warnings: [
        "Local installation exists but not being used",
        "Multiple installations detected (3 found)",
        "Insufficient permissions for auto-updates",
        "No write permissions for auto-updates (requires sudo)",
      ],
      config_mismatches: ["Installation config mismatch: running npm-global but config says unknown"],
      permissions: { auto_update: false, requires_sudo: true },
    });
  });

  test("statusDiagnostics handles a healthy installation, one without update checks, and none", () => {
    const healthy = diagnose(
      parseReport("Running: native (2.1.328)\nConfig install method: native\nAuto-updates: enabled"),
    );
    expect(statusDiagnostics(healthy, true).permissions).toEqual({ auto_update: true, requires_sudo: false });
    const off = diagnose(parseReport("Running: native (2.1.328)\nAuto-updates: disabled (config)"));
    expect(statusDiagnostics(off, true)).toEqual({
      warnings: [],
      config_mismatches: [],
      permissions: { auto_update: null, requires_sudo: null },
    });
    expect(statusDiagnostics([], false).permissions).toEqual({ auto_update: null, requires_sudo: null });
  });
});
