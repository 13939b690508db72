// The evidence of a finding, and what is known of a cycle.

const pairs = (evidence) => html("dl", { class: "evidence" }, evidence.map(({ label, value }) => [html("dt", {}, label), html("dd", {}, prose(value))]));
const folded = (title, text, isOpen = false) => text && html("details", { open: isOpen }, html("summary", {}, title), html("pre", {}, text));

// What is wrong, why, what to write instead, the script's line; then the cycles.
function findingPanel(index, pickCycle) {
  const finding = findings[index], rule = rules[finding.rule];
  return [
    html("h3", {}, `${finding.rule} ${finding.name} (${finding.severity})`),
    html("p", {}, html("strong", {}, finding.message)),
    finding.accepted && html("p", { class: "box" }, "Accepted, so it fails nothing: ", finding.accepted),
    html("p", { class: "quiet" }, prose(rule.why)),
    pairs(finding.evidence),
    rule.fix && html("p", {}, html("strong", {}, "What to do: "), prose(rule.fix)),
    finding.place && placePart(finding.place),
    cyclesPart(finding, pickCycle),
  ];
}

function placePart({ path, line, function: name }) {
  const near = [-2, -1, 0, 1, 2].map((step) => line + step).filter((number) => DATA.lines[number] !== undefined);
  return [html("h3", {}, `In the script: ${path}, line ${line}${name ? ", in " + name : ""}`),
    DATA.lines[line] === undefined ? html("p", { class: "quiet" }, "The file is not here any more, or another one by now, so that its line is not shown.")
      : html("pre", { id: "script-lines" }, near.map((number) => html("span", { class: number === line && "here" }, `${String(number).padStart(4)}  ${DATA.lines[number]}\n`)))];
}

// The finding's cycles with two around each, as many as one row holds.
function cyclesPart(finding, pickCycle) {
  const around = new Set(finding.cycles.flatMap((number) => [-2, -1, 0, 1, 2].map((step) => number + step)).filter((number) => placeOf.has(number)));
  const numbers = [...around].sort((one, other) => one - other).slice(0, 24);
  return numbers.length && [html("h3", {}, "What the fetches around it did"),
    html("div", { class: "cycles", role: "group", "aria-label": "Cycles of this finding and around it" }, numbers.map((number) => html("button", {
      type: "button", class: finding.cycles.includes(number) && "named", "data-cycle": number, "aria-pressed": "false", click: () => pickCycle(placeOf.get(number)),
    }, (finding.cycles.includes(number) ? "Cycle " : "") + number)), around.size > numbers.length && "and more"),
    html("div", { id: "cycle" })];
}

// The last run before and after as a difference, requests with their answers, incidents, calls, log.
function cyclePanel(place) {
  const told = DATA.cycles[run.number[place]];
  const title = html("h3", {}, `Cycle ${run.number[place]} at ${clock(run.at[place])}: ${cycleWord(place)}`);
  if (!told) return [title, cycleWords(place).slice(1).map((words) => html("p", {}, words)),
    html("p", { class: "quiet" }, "Only cycles near findings are told in full, so that this page stays small. The journal has them all: xsim report JOURNAL --format json.")];
  const sides = { "-": "gone", "+": "come" };
  return [title, told.trouble && html("pre", { class: "gone" }, told.trouble),
    html("h3", {}, "Last run, before and after"),
    told.diff.length ? html("pre", { class: "diff" }, told.diff.map(([sign, text]) => html("span", { class: sides[sign] }, `${sign} ${text}\n`))) : html("p", {}, "Unchanged."),
    folded("Both in full", told.whole),
    html("h3", {}, told.calls.length ? "Requests and answers" : "No request was sent"), told.calls.map(callPart),
    !DATA.near.includes(run.number[place]) && told.calls.length > 0 && html("p", { class: "quiet" }, "Far from any finding, so this page leaves out what was answered."),
    told.more_calls > 0 && html("p", {}, `and ${plural(told.more_calls, "more request")}`),
    html("h3", {}, told.incidents.length ? "Incidents handed over" : "No incident was handed over"), html("ul", {}, told.incidents.map((text) => html("li", {}, text))),
    folded("Calls on demisto", told.host), folded("Log", told.log, true)];
}

function callPart({ sent, body, told, fault, shown, answer, line }) {
  let readable = sent;
  try { readable = decodeURIComponent(sent); } catch { /* Not all that is sent is an address. */ }
  return html("div", { class: "call" }, html("p", { class: "mono" }, readable), body && html("pre", {}, body),
    html("p", {}, told, fault && html("strong", {}, ", struck by the scenario's fault ", fault)),
    shown && html("p", {}, "Showed of the vendor's events: ", html("span", { class: "mono" }, shown)), answer && html("pre", {}, answer),
    line && html("p", { class: "quiet" }, `sent in line ${line}`, DATA.lines[line] && [": ", html("code", {}, DATA.lines[line].trim())]));
}

// A few sentences over the picture: the finding as a story. Dates that are the run's own day are left out.
function caption(index) {
  const finding = findings[index], [event] = picture.chosen;
  const story = [finding.message + "."];
  if (event !== undefined) {
    story.push(...eventWords(event).slice(1, 3));
    const places = run.number.map((_, place) => place);
    const early = places.filter((place) => crossing(event, place) === "asked").slice(-3).map((place) => run.number[place]);
    const isAskedLater = places.some((place) => place >= firstToSee(event) && covers(event, place, 1));
    if (early.length && !deliveries.has(event) && !isAskedLater) {
      story.push(`Cycle${early.length > 1 ? "s" : ""} ${early.join(", ")} asked for its time when it was not listed yet (open dot). Later fetches asked for later times.`);
    }
  }
  const why = finding.evidence.find(({ label }) => label === "why");
  if (why) story.push(`Why: ${why.value}.`);
  return story.join(" ").replace(/(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?Z/g, (whole, date, time) => (date === DATA.starts.slice(0, 10) ? time : whole));
}
