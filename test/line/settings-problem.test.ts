import { describe, expect, test } from "bun:test";
import { explainProblem, worstProblem } from "../../src/line/settings-problem.ts";
import { readSettings } from "../../src/utils/config.ts";

const problemsOf = (name: string, value: string) => readSettings([{ [name]: value }]).problems;

describe("a value that a setting does not allow", () => {
  test.each([
    ["PET_THEME", "colourblind", "did you mean colorblind?", 'PET_THEME is "colourblind", try colorblind'],
    ["PET_PACK", "kat", "did you mean cat?", 'PET_PACK is "kat", try cat'],
    ["PET_GLYPHS", "emoji", "allowed: one of unicode, ascii", 'PET_GLYPHS is "emoji", allowed: one of unicode, ascii'],
    ["PET_LINKS", "tru", "allowed: true or false", 'PET_LINKS is "tru", allowed: true or false'],
  ])("%s=%s has the hint %j", (name, value, hint, short) => {
    const problems = problemsOf(name, value);
    expect(problems.map((problem) => explainProblem(problem).hint)).toEqual([hint]);
    expect(worstProblem(problems)).toBe(short);
  });
});
