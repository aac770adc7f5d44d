import { describe, expect, test } from "bun:test";
import { sampleDocument } from "../../src/line/sample.ts";
import { sessionOf } from "../../src/model/session.ts";
import { segments } from "../../src/segments/registry.ts";
import { width } from "../../src/utils/terminal.ts";
import { fail, linked, NOW, view } from "./sample-view.ts";

describe.each(segments.map((segment) => [segment.name, segment] as const))(
  "segment %s in little room",
  (_, segment) => {
    /** Views whose texts are long: a long branch, project, model, agent and trouble, stale numbers, a limit that is nearly full. */
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
      { branch: { name: long, detached: true }, trouble: `log stopped: ${long}`, look: linked, staleAfter: 0 },
      sessionOf(document),
    );

    test("keeps to the room or to its shortest form, says more only where there is more room, and says something in any", () => {
      const whole = segment.render(full) ?? fail("it says nothing");
      const shortest = width(segment.render({ ...full, room: 0 }) ?? fail("it says nothing in no room"));
      let last = 0;
      for (let room = 0; room <= width(whole) + 2; room++) {
        const columns = width(segment.render({ ...full, room }) ?? fail(`it says nothing in ${room} columns`));
        expect(columns).toBeLessThanOrEqual(Math.max(room, shortest));
        expect(columns).toBeGreaterThanOrEqual(last);
        last = columns;
      }
      expect(segment.render({ ...full, room: width(whole) })).toBe(whole);
    });

    test("keeps the age of a number that is not from this refresh", () => {
      const whole = segment.render(full) ?? "";
      if (whole.includes(" ago")) expect(segment.render({ ...full, room: 0 })).toContain(" ago");
    });
  },
);
