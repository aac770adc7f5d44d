import { describe, expect, test } from "bun:test";
import { sampleDocument } from "../../src/line/sample.ts";
import { sessionOf } from "../../src/model/session.ts";
import { segments } from "../../src/segments/registry.ts";
import { width } from "../../src/utils/terminal.ts";
import { fail, linked, NOW, view } from "./sample-view.ts";

describe.each(segments.map((segment) => [segment.name, segment] as const))(
  "segment %s in limited width",
  (_, segment) => {
    /**
     * A view with long texts (branch, project, model, agent, problem), old numbers, and a limit that is nearly full.
     */
    const long = "日本語-a-name-that-is-longer-than-most-of-them-👩‍👩‍👧‍👦-and-goes-on";
    const sample = sampleDocument(NOW, 96);
    const spend = {
      used_percentage: 94.1,
      resets_at: NOW / 1_000 + 86_400,
      used_usd: 375.19,
      limit_usd: 400,
      period: "monthly",
    };
    const document = {
      ...sample,
      rate_limits: { ...(sample["rate_limits"] as object), spend_limit: spend },
      model: { id: long, display_name: long },
      agent: { name: long },
      workspace: { current_dir: `/home/user/${long}`, project_dir: `/home/user/${long}`, git_worktree: long },
    };
    const full = view(
      { branch: { name: long, detached: true }, problem: `log stopped: ${long}`, style: linked, staleAfter: 0 },
      sessionOf(document),
    );

    test("fits the width or has its shortest form, never shrinks with more width, and is never empty", () => {
      const whole = segment.render(full) ?? fail("it renders nothing");
      const shortest = width(segment.render({ ...full, columns: 0 }) ?? fail("it renders nothing in 0 columns"));
      let last = 0;
      for (let maxWidth = 0; maxWidth <= width(whole) + 2; maxWidth++) {
        const columns = width(
          segment.render({ ...full, columns: maxWidth }) ?? fail(`it renders nothing in ${maxWidth} columns`),
        );
        expect(columns).toBeLessThanOrEqual(Math.max(maxWidth, shortest));
        expect(columns).toBeGreaterThanOrEqual(last);
        last = columns;
      }
      expect(segment.render({ ...full, columns: width(whole) })).toBe(whole);
    });

    test("keeps the age of an old number even in its shortest form", () => {
      const whole = segment.render(full) ?? "";
      if (whole.includes(" ago")) expect(segment.render({ ...full, columns: 0 })).toContain(" ago");
    });
  },
);
