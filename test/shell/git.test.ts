import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { gitOperations } from "../../src/shell/git.ts";

/** Operations as one line: "add, commit -C dir". */
const operationsText = (command: string): string =>
  gitOperations(command)
    .map(({ operation, directory }) => (directory === null ? operation : `${operation} -C ${directory}`))
    .join(", ");

const message = `git commit -m "$(cat <<'EOF'\nfix: it's done; git push "later" $(git push)\n\nEOF)\nEOF\n)"`;

const cases: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  "plain commands": [
    ["git commit -m x", "commit"],
    ["git push origin main --force-with-lease", "push"],
    ["git pull --rebase", "pull"],
    ["git fetch --all", "fetch"],
    ["git checkout -b feature", "checkout"],
    ["git switch -c feature", "switch"],
    ["git cherry-pick abc", "cherry-pick"],
    ["git clone https://example.com/a.git", "clone"],
    ["git -C ../other -c user.name=a --no-pager commit -am 'x'", "commit -C ../other"],
    ["git -C a -C b add .", "add -C a/b"],
    ["git -C a -C /b add .", "add -C /b"],
    ['git -C "$(git rev-parse --show-toplevel)" add .', "add -C $(git rev-parse --show-toplevel)"],
    ["git --git-dir=/r/.git --work-tree /r reset --hard", "reset"],
    ["/usr/bin/git push", "push"],
    ["'C:\\Program Files\\Git\\git.exe' push", "push"],
    ["\\git push", "push"],
    ["git stash", "stash"],
    ["git stash pop", "stash"],
    ["git branch -d old", "branch"],
    ["git branch -dr origin/old", "branch"],
    ["git branch feature main", "branch"],
    ["git branch --set-upstream-to=origin/main", "branch"],
    ["git tag -a v1.0 -m 'first'", "tag"],
    ["git tag -d v1", "tag"],
    ["git worktree add ../w", "worktree"],
    ["git remote add origin x", "remote"],
    ["git submodule update --init", "submodule"],
  ],
  "chains and nesting": [
    ["git add -A && git commit -m 'a && b' && git push", "add, commit, push"],
    ["git add .; git commit -m x || git stash & git push | tail -1", "add, commit, stash, push"],
    ["git add .\ngit commit -m x\r\ngit push", "add, commit, push"],
    ["cd x && (git pull; { git merge dev; })", "pull, merge"],
    ["if ! git pull; then git reset --hard; else git push; fi", "pull, reset, push"],
    ["for f in git push; do git add $f; done", "add"],
    ['while read f; do git rm "$f"; done < list', "rm"],
    ["case $1 in push) git push ;; (all) git pull ;; esac", "push, pull"],
    ["deploy() { git push; }", "push"],
    ["function deploy { git push; }", "push"],
    ['echo "done $(case a in a) git push;; esac) git pull"', "push"],
    ["x=$(git commit -m x) && echo `git push`", "commit, push"],
    ['echo "a $(git push "b") c"', "push"],
    ["echo `echo \\`git push\\``", "push"],
    ['echo ${x:-$(git push)} ${y#"}"} && git pull', "push, pull"],
    ["diff <(git push) file", "push"],
    ["git \\\n  push \\\n  origin", "push"],
    ["git commit -m 'a' > log 2>&1 && git push &> log", "commit, push"],
    ["> out git push", "push"],
    ["echo $((1<<2)) && git push", "push"],
    ["(( n<<1 ))\ngit push", "push"],
  ],
  "texts that are no commands": [
    [message, "commit"],
    [`${message} && git push`, "commit, push"],
    ["git commit -F - <<EOF\ngit push\nEOF\ngit pull", "commit, pull"],
    ["cat <<-EOF > x\n\tgit push\n\tEOF\ngit pull", "pull"],
    ["cat <<A <<'B'\ngit push\nA\n$(git push)\nB\ngit pull", "pull"],
    ["cat <<EOF\nit's $(git push)\nEOF", "push"],
    ["cat <<EOF\ngit push", ""],
    ["cat <<< 'git push'", ""],
    ['echo "git push"', ""],
    ["echo git push", ""],
    ["grep git commit", ""],
    ["grep -rn 'git commit' . | head", ""],
    ["git log --grep 'git push'", ""],
    ["# git push\necho x # && git push", ""],
    ["git commit -m 'x' # git push", "commit"],
    ['git commit -m "quote \\" && git push"', "commit"],
    ["git commit -m $'it\\'s; git push'", "commit"],
    ["git commit -m --dry-run", "commit"],
    ["git commit -am '-h' -- --help", "commit"],
    ["words=(git push) && git pull", "pull"],
    ["alias gp='git push'", ""],
    ["command -v git push", ""],
    ["ssh host 'git pull'", ""],
    ["./git-push.sh && legit push", ""],
    ["echo 'never closed; git push", ""],
  ],
  "what only looks": [
    ["git status && git log -1 && git diff --stat && git show HEAD && git blame a", ""],
    ["git ls-files; git rev-parse HEAD; git merge-base a b; git --version; git help commit", ""],
    ["git branch; git branch -a; git branch -vv; git branch --show-current; git branch --merged main", ""],
    ["git branch --list 'x*'; git branch --sort=-committerdate", ""],
    ["git tag; git tag -l 'v*'; git tag -n3; git tag --sort=-v:refname; git tag --contains abc", ""],
    ["git stash list; git stash show -p; git remote -v; git remote; git remote get-url origin", ""],
    ["git worktree list; git submodule status", ""],
    ["git commit --dry-run; git push --dry-run; git push -n; git add -n .; git clean -fdn", ""],
    ["git commit -n -m x", "commit"],
    ["git commit --help; git push -h", ""],
    ["git rebase main; git rebase --continue; git merge --abort", "rebase"],
    ["git $verb; git; git -C", ""],
  ],
  "programs that run it": [
    ["GIT_DIR=x GIT_WORK_TREE='y z' git add .", "add"],
    ["sudo -u deploy git pull", "pull"],
    ["time -p nohup nice -n 5 git fetch", "fetch"],
    ["env -u A B=c git push", "push"],
    ["timeout -k 5 30s git push", "push"],
    ["git ls-files -d | xargs -n1 -I{} git rm {}", "rm"],
    ["command git push", "push"],
    ['bash -c "git add . && git push"', "add, push"],
    ["zsh -lc 'git push'", "push"],
    ["sh -e -o pipefail -c 'git push'", "push"],
    ["sudo bash -c \"bash -c 'git push'\"", "push"],
    ['eval "git push"', "push"],
    ["bash <<'EOF'\ngit push\nEOF", "push"],
    ["bash script.sh git push", ""],
  ],
  forges: [
    ["gh pr create --title 'x' --body \"$(cat <<'EOF'\ngit push\nEOF\n)\"", "pr_create"],
    ["gh -R owner/repo pr merge 5 --squash", "pr_merge"],
    ["gh pr checkout 5 && gh pr review --approve && gh pr close 4", "pr_checkout, pr_review, pr_close"],
    ["gh pr view 5; gh pr list; gh pr create --dry-run; gh pr create --web; gh api x", ""],
    [
      "gh issue create -t x -b '--help'; gh release create v1; gh repo clone a/b",
      "issue_create, release_create, clone",
    ],
    ["hub pull-request -m x; hub push; hub pr checkout 5", "pr_create, push, pr_checkout"],
    ["glab mr create --fill; glab mr approve 5; glab mr list", "pr_create, pr_review"],
  ],
};

describe.each(Object.entries(cases))("git operations: %s", (_, table) => {
  test.each([...table])("the operations of %j are %j", (command, operations) =>
    expect(operationsText(command)).toBe(operations),
  );
});

describe("git operations of arbitrary text", () => {
  const pieces = [
    "git ",
    "push ",
    "commit ",
    "-m ",
    "gh pr create ",
    "bash -c ",
    "eval ",
    "sudo ",
    "case a in ",
    "esac ",
    "a=(",
    "$(",
    "$((",
    "${",
    "`",
    "\\`",
    "(",
    ")",
    "{ ",
    "} ",
    '"',
    "'",
    "$'",
    "\\",
    "<<EOF",
    "EOF",
    "<<-'E'",
    "<<<",
    "2>&1 ",
    "&",
    "|",
    ";",
    "#",
    "\n",
    " ",
  ];

  test("any text is read without an error, and gives at most one operation per five characters", () => {
    const piece = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...pieces) }, fc.string());
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (parts) => {
        const text = parts.join("");
        expect(gitOperations(text).length).toBeLessThanOrEqual(text.length / 5);
      }),
      { numRuns: 3_000 },
    );
  });

  test("a quoted message is never read as a command", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces)), (parts) => {
        const quoted = `'${parts.join("").replaceAll("'", "'\\''")}'`;
        expect(operationsText(`git add . && git commit -m ${quoted} && git push`)).toBe("add, commit, push");
        expect(operationsText(`echo ${quoted}`)).toBe("");
      }),
    );
  });

  test("a megabyte of hostile text is read within half a second", () => {
    const texts = [
      ...pieces,
      "git push;",
      "-nnnnnnn",
      "a=b ",
      '"$(',
      "<<A\n",
      "\\`a\\`",
      "a'b'",
      "-C a ",
      "\t",
    ].flatMap((piece) => [
      `git commit ${piece.repeat(1_000_000 / piece.length)}`,
      `git <<-E\n${piece.repeat(1_000_000 / piece.length)}!`,
      `${piece.repeat(1_000_000 / piece.length)} git`,
    ]);
    for (const text of texts) {
      const started = performance.now();
      gitOperations(text);
      // 50 ms on an idle machine; a quadratic algorithm would take minutes.
      expect(performance.now() - started).toBeLessThan(500);
    }
  });
});
