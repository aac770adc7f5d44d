import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { levels } from "../../../src/model/wire.ts";
import { Sequence } from "../../ledger/random.ts";
import { SimulatedHub } from "./hub.ts";
import { type HomeFiles, SimulatedMachine } from "./machine.ts";
import { DIRECTORIES, observed, SESSIONS } from "./observations.ts";
import { type Forgotten, problemsOf } from "./promises.ts";
import { World } from "./world.ts";

/** What a history may consist of, and how often each happens. */
const STEPS = [
  ["work", 30],
  ["pass", 20],
  ["cut", 6],
  ["network", 4],
  ["weather", 3],
  ["kill machine", 6],
  ["kill hub", 6],
  ["back up hub", 2],
  ["restore hub", 2],
  ["back up machine", 3],
  ["restore machine", 2],
  ["reinstall", 1],
  ["clone", 1],
  ["share", 1],
  ["level", 6],
  ["word", 2],
  ["clock", 3],
  ["forget", 1],
  ["transport", 3],
  ["prove", 2],
  ["prune", 1],
  ["fill the hub's disk", 1],
  ["free the hub's disk", 1],
  ["another version of the hub", 1],
] as const;

/** The days of what is observed, since 1970, and the one after them. */
const OBSERVED_DAYS = Array.from({ length: 13 }, (_, day) => Date.UTC(2026, 9, 2 + day) / 86_400_000);

/** How often all machines may be done for less than two minutes before that counts as endless. */
const MOST_ROUNDS = 10;

/** A hub with machines in virtual time, to which anything may happen. */
class History implements Disposable {
  readonly world: World;
  readonly hub: SimulatedHub;
  readonly machines: SimulatedMachine[] = [];
  readonly forgotten: Forgotten[] = [];
  readonly #folder: string;
  readonly #backups = new Set<SimulatedMachine>();

  constructor(seed: number, folder: string, lostShare = 0) {
    this.world = new World(new Sequence(seed));
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    this.hub = new SimulatedHub(this.world, join(folder, "hub.db"), lostShare);
  }

  /** Adds a machine; `id` is that of a member that exists already for another computer of the same login. */
  add(host: string, files: HomeFiles, id: string = crypto.randomUUID()): SimulatedMachine {
    this.hub.addMember(id, host);
    const machine = new SimulatedMachine(this.world, this.hub, id, host, join(this.#folder, `${host}.db`), files);
    this.machines.push(machine);
    machine.start();
    return machine;
  }

  async run(steps: number): Promise<void> {
    const { random } = this.world;
    const shared: HomeFiles = [];
    this.add("a", []);
    this.add("b", shared);
    // A home that is synced to another computer.
    if (random.chance(0.5)) this.add("c", shared);
    for (let step = 0; step < steps; step++) {
      await this.#step(random.weighed(STEPS));
      await this.world.pass(random.whole(0, 1_500));
    }
  }

  async #step(what: (typeof STEPS)[number][0]): Promise<void> {
    const { world } = this;
    const { random } = world;
    const machine = random.pick(this.machines);
    if (what !== "work" && what !== "pass") world.note(`${what} (${machine.host})`);
    switch (what) {
      case "work":
        return machine.work(Array.from({ length: random.whole(1, 6) }, () => observed(world, machine.host)));
      case "pass":
        return world.pass(random.whole(1_000, 120_000));
      case "cut":
        return machine.cut();
      case "network":
        this.hub.weather.isUp = !this.hub.weather.isUp;
        return;
      case "weather":
        this.hub.weather.delay = random.pick([1, 50, 2_000, 30_000]);
        this.hub.weather.doubled = random.pick([0, 0.3]);
        this.hub.weather.overtaken = random.pick([0, 0.3]);
        return;
      case "kill machine":
        machine.kill();
        if (random.chance(0.7)) machine.start();
        return;
      case "kill hub":
        return this.#restartHub(() => this.hub.restart());
      case "back up hub":
        return this.hub.backUp();
      case "restore hub":
        return this.#restartHub(() => this.hub.restore());
      case "back up machine":
        machine.backup(`${machine.path}.backup`);
        this.#backups.add(machine);
        return;
      case "restore machine":
        if (!this.#backups.has(machine) || this.#isShared(machine)) return;
        machine.restore(`${machine.path}.backup`, random.chance(0.5));
        return machine.start();
      case "reinstall":
        if (this.#isShared(machine)) return;
        machine.reinstall();
        return machine.start();
      case "clone":
        return this.#clone(machine);
      case "share":
        return this.#share(machine);
      case "level":
        machine.hasChangedForm = true;
        machine.level = random.pick(levels);
        return machine.start();
      case "word":
        machine.hasChangedForm = true;
        machine.words.set(random.pick(DIRECTORIES), random.pick(["off", "metrics", "details"]));
        return machine.start();
      case "clock":
        machine.skew = random.pick([0, 0, 3_600_000, -3_600_000, 86_400_000 * 400]);
        return;
      case "forget":
        return this.#forget(machine);
      case "transport":
        machine.transport = random.pick(["stream", "requests"]);
        return machine.cut();
      case "prove":
        return void (await this.hub.prove(machine));
      case "prune":
        return this.hub.prune(random.pick(OBSERVED_DAYS));
      case "fill the hub's disk":
        return this.hub.setFull(true);
      case "free the hub's disk":
        return this.hub.setFull(false);
      case "another version of the hub":
        return this.#changeVersion(random.pick([0, 3]));
    }
  }

  /** Machines whose digests still differ from the hub's, although nothing of theirs was kept back, forgotten or sent in another form. */
  async #unproven(): Promise<string[]> {
    const all = Map.groupBy(this.machines, ({ id }) => id);
    const problems: string[] = [];
    for (const [id, [machine, ...others]] of all) {
      if (!machine || others.length > 0 || machine.hasChangedForm) continue;
      if (this.forgotten.some((one) => one.machine === id)) continue;
      const remaining = await this.hub.prove(machine);
      if (remaining?.length !== 0) problems.push(`${machine.host} is not proven: ${remaining?.join() ?? "no answer"}`);
    }
    return problems;
  }

  #changeVersion(missingFields: number): void {
    this.hub.missingFields = missingFields;
    this.#restartHub(() => this.hub.restart());
  }

  #restartHub(restart: () => void): void {
    restart();
    for (const machine of this.machines) machine.cut();
  }

  /** Another computer begins as a copy of a machine, with its login, and has a life of its own from then on. */
  #clone(machine: SimulatedMachine): void {
    if (this.machines.length > 4) return;
    const host = `${machine.host}x`;
    if (this.machines.some((one) => one.host === host)) return;
    const copy = join(this.#folder, `${host}.db`);
    machine.backup(copy);
    this.add(host, [...machine.files], machine.id);
  }

  /** Another computer begins to use a machine's home. */
  #share(machine: SimulatedMachine): void {
    if (this.machines.length > 4 || this.#isShared(machine)) return;
    const other = machine.another(`${machine.host}y`);
    this.machines.push(other);
    other.start();
  }

  #isShared({ path }: SimulatedMachine): boolean {
    return this.machines.filter((one) => one.path === path).length > 1;
  }

  /** A session's rows are removed at the hub, and stay out. */
  #forget(machine: SimulatedMachine): void {
    const value = this.world.random.pick(SESSIONS);
    // A restored hub does not know of it, nor one whose disk was full, so it is said once more at the end.
    this.forgotten.push({ machine: machine.id, session: value });
    this.hub.forget(machine.id, value);
  }

  /** Lets everything arrive: the network works, everything runs, and enough time passes. */
  async settle(): Promise<void> {
    const { hub, world } = this;
    Object.assign(hub.weather, { isUp: true, delay: 20, doubled: 0, overtaken: 0 });
    hub.setFull(false);
    // Not if it need not be: a hub that is started again says how far it really is.
    if (hub.missingFields > 0) this.#changeVersion(0);
    for (const machine of this.machines) {
      machine.skew = 0;
      machine.start();
    }
    for (const { machine, session } of this.forgotten) hub.forget(machine, session);
    const isDone = (): boolean => this.machines.every(({ client }) => client?.isDone === true);
    // What one end had given up may still arrive, and a machine learns at a sign of life that its rows are needed again. All is settled
    // when nothing of that happens for two minutes; machines that send again for ever are not done after the last round.
    for (let round = 0; round < MOST_ROUNDS; round++) {
      await world.pass(3_600_000, isDone);
      await world.pass(120_000, () => !isDone());
      if (isDone()) return;
    }
  }

  /** Everything that is wrong after all has arrived; empty if the promises hold. */
  async problems(): Promise<string[]> {
    const { hub, machines, forgotten } = this;
    const problems = problemsOf({ hub: hub.ledger, machines, forgotten });
    // Last, since it mends what it finds.
    return [...problems, ...(await this.#unproven())];
  }

  [Symbol.dispose](): void {
    for (const machine of this.machines) machine.close();
    this.hub[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * Runs the history of a seed; returns what is wrong at its end, and what happened. `lostShare` is the share of frames that a
 * wrong hub acknowledges without storing them, which shows that such a fault is found.
 */
export async function runHistory(
  seed: number,
  folder: string,
  lostShare = 0,
): Promise<{ problems: string[]; log: string[] }> {
  using history = new History(seed, join(folder, String(seed)), lostShare);
  await history.run(history.world.random.whole(10, 40));
  await history.settle();
  return { problems: await history.problems(), log: history.world.log };
}
