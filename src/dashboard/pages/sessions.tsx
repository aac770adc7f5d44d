import { param, timezone } from "../client/location.ts";
import { localDate, pastDate } from "../text.ts";
import { systemClock } from "../../utils/clock.ts";
import type { DashboardPage } from "./contract.ts";
import { SessionList } from "./sessions/List.tsx";
import { Timeline } from "./sessions/Timeline.tsx";

function Content() {
  const today = localDate(timezone.value, systemClock.now());
  const day = pastDate(param("day"), today) ?? today;
  return (
    <>
      <Timeline day={day} today={today} />
      <SessionList day={day} />
    </>
  );
}

/** Sessions. */
export const sessions: DashboardPage = { name: "sessions", title: "Sessions", path: "/sessions", key: "s", Content };
