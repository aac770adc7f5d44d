import type { ComponentChildren } from "preact";
import { about } from "./client/about.ts";
import { hrefOf, isZone, param, path } from "./client/location.ts";
import { useReport } from "./client/reports.ts";
import { Card } from "./parts/Card.tsx";
import { Problem } from "./parts/ReportView.tsx";

/** Shows the page, unless the address chooses a machine, person or zone that is none: then what is wrong with it, once and not in each part. */
export function WrongAddress({ children }: { children: ComponentChildren }) {
  const { machines = [] } = about.value ?? {};
  const [machine, person, zone] = [param("machine"), param("person"), param("timezone")];
  if (zone !== null && !isZone(zone))
    return <Refused problem={{ message: `unknown time zone "${zone.slice(0, 200)}"`, hint: "" }} />;
  const isKnown = machines.some(
    (one) => (machine === null || one.name === machine) && (person === null || one.person === person),
  );
  return isKnown || about.value === null || (machine === null && person === null) ? (
    <>{children}</>
  ) : (
    <Doubtful>{children}</Doubtful>
  );
}

/** The server may know what it did not name, such as the id of a machine. */
function Doubtful({ children }: { children: ComponentChildren }) {
  const { data, problem } = useReport("feed", { limit: 1 }, false);
  if (data) return <>{children}</>;
  return problem ? <Refused problem={problem} /> : <div class="card w12 loading" role="status" aria-label="Loading" />;
}

const Refused = ({ problem }: { problem: { readonly message: string; readonly hint: string } }) => (
  <Card title="The address fits nothing here">
    <Problem problem={problem} />
    <p class="next">
      <a href={hrefOf(path.value, { machine: null, person: null, timezone: null })}>
        Show all machines, in this browser's time zone
      </a>
    </p>
  </Card>
);
