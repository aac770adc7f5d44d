import { describe, expect, test } from "bun:test";
import { viewOf } from "../../src/line/view.ts";
import type { ModelNames } from "../../src/model/model-label.ts";
import { sessionOf } from "../../src/model/session.ts";
import { model } from "../../src/segments/model.ts";
import { readSettings } from "../../src/utils/config.ts";
import { styleOf } from "../../src/utils/terminal.ts";

const { settings } = readSettings([]);
const style = styleOf({ theme: "classic", glyphs: "unicode", colour: false, links: false });
const view = viewOf({ now: 0, session: sessionOf(null), state: null, branch: null, problem: null, settings, style });

describe("the name of the model", () => {
  const profile = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123";
  const shown = (given: object, modelNames: ModelNames = []): string | null =>
    model.render({ ...view, session: sessionOf({ model: given }), modelNames });

  test("is the id of an inference profile, or the name that the user gave it", () => {
    expect(shown({ id: profile, display_name: profile })).toBe("abc123");
    expect(shown({ id: `${profile}[1m]`, display_name: `${profile}[1m]` })).toBe("abc123");
    expect(shown({ id: profile, display_name: profile }, [["abc123", "Team Opus"]])).toBe("Team Opus");
    expect(shown({ id: profile, display_name: profile }, [[profile, "Team Opus"]])).toBe("Team Opus");
    expect(shown({ id: "claude-opus-5-5", display_name: "Opus 5.5" }, [["claude-opus-5-5", "Big"]])).toBe("Big");
    expect(shown({ id: profile, display_name: profile }, [["abc124", "Other"]])).toBe("abc123");
  });

  test("is the name from Claude Code if it has one", () => {
    expect(shown({ id: profile, display_name: "Sonnet 4.5 (1M context)" })).toBe("Sonnet 4.5 (1M context)");
    expect(shown({ id: "mock-model", display_name: "mock-model" })).toBe("mock-model");
  });
});
