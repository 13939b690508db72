// The run as the page knows it: what xsim wrote into the page, read once, and the words for it.

const DATA = JSON.parse(document.getElementById("data").textContent);
const { run, events, findings, rules } = DATA;
const COUNT = run.number.length;

// What can become of an event, the gravest first; a shape for each, so that no colour is needed to tell them apart.
const STATES = {
  missed: "never delivered",
  again: "delivered again: a duplicate",
  late: "delivered late",
  kept: "delivered once, in time",
  waiting: "not delivered; no finding names it",
};
const OUTCOMES = { o: "ended well", f: "failed", r: "refused", t: "timed out", u: "not simulated" };

// Foreign text as it is shown: what could reorder or hide text stands as its escape.
function plain(text) {
  return String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"));
}

function build(element, attributes = {}, children = []) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  const given = children.flat(Infinity).filter((child) => child || child === 0);
  element.append(...given.map((child) => (child instanceof Node ? child : plain(child))));
  return element;
}
const html = (name, attributes, ...children) => build(document.createElement(name), attributes, children);
const svg = (name, attributes, ...children) => build(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
// What stands between a pair of backticks is code.
const prose = (text) => String(text).split(/`([^`]+)`/).map((part, number) => (number % 2 ? html("code", {}, part) : part));
const $ = (id) => document.getElementById(id);

// "10:01:00", with the date where it is another day than the run's first, with the fraction where it has one.
function clock(at) {
  const text = new Date(DATA.base + at).toISOString();
  const time = text.slice(11, 19) + (text.slice(20, 23) === "000" ? "" : text.slice(19, 23));
  return text.slice(0, 10) === DATA.starts.slice(0, 10) ? time : text.slice(0, 10) + " " + time;
}

function span(milliseconds) {
  let rest = Math.round(milliseconds / 1000);
  const take = (size) => { const amount = Math.floor(rest / size); rest -= amount * size; return amount; };
  const told = [[86400, "d"], [3600, "h"], [60, "m"], [1, "s"]].map(([size, unit]) => [take(size), unit]).filter(([amount]) => amount).map((each) => each.join(""));
  return told.slice(0, 2).join(" ") || milliseconds + "ms";
}

function plural(number, word) { return number.toLocaleString("en") + " " + word + (number === 1 ? "" : "s"); }
function shorten(text, most) { return text.length > most ? text.slice(0, most - 1) + "…" : text; }

const placeOf = new Map(run.number.map((number, place) => [number, place]));
const visible = (event) => events.at[event] + events.lag[event];

// Incidents of a cycle: event (below zero: none of the vendor's), and what became of it.
function incidentsOf(place) {
  const again = new Set(run.again[place]), dropped = new Set(run.dropped[place]);
  const isKept = run.outcome[place] === "o";
  return run.got[place].map((event, position) => {
    const isLost = !isKept || dropped.has(position);
    const state = isLost ? "lost" : again.has(position) ? "again" : lateEvents.has(event) ? "late" : "kept";
    return { event, state };
  });
}

// What findings say of events, and in which cycles each was delivered.
const lateEvents = new Set(), accusedEvents = new Set(), duplicateEvents = new Set(), deliveries = new Map();
findings.forEach((finding, index) => {
  for (const event of DATA.named[index]) {
    if (finding.name === "late-event") lateEvents.add(event);
    if (finding.name.includes("duplicate")) duplicateEvents.add(event);
    if (finding.severity !== "note") accusedEvents.add(event);
  }
});
for (let place = 0; place < COUNT; place++) {
  for (const { event, state } of incidentsOf(place)) if (state !== "lost") deliveries.set(event, [...(deliveries.get(event) || []), place]);
}

function stateOf(event) {
  if (!deliveries.has(event)) return accusedEvents.has(event) ? "missed" : "waiting";
  if (duplicateEvents.has(event)) return "again";
  return lateEvents.has(event) ? "late" : "kept";
}

function nameOf(event) { return event < 0 ? DATA.strangers[-1 - event] : events.id[event]; }

// The first cycle that began when the API listed the event already; COUNT where there is none.
function firstToSee(event) {
  const found = run.at.findIndex((at) => at >= visible(event));
  return found < 0 ? COUNT : found;
}

const cycleWord = (place) => (run.failures[place]?.[1] ? "killed" : OUTCOMES[run.outcome[place]]);

function windowWords([ask, lower, upper]) {
  const [endpoint, field] = DATA.asks[ask];
  return lower === null && upper === null ? endpoint + ": no time asked for" : `${endpoint}: ${field}` + (lower === null ? "" : " from " + clock(lower)) + (upper === null ? "" : " to " + clock(upper));
}

function eventWords(event) {
  const numbers = (deliveries.get(event) || []).map((place) => run.number[place]);
  const lag = events.lag[event];
  const changes = events.changes.filter(([of]) => of === event);
  return [
    `${nameOf(event)}: ${STATES[stateOf(event)]}`,
    `It happened at ${clock(events.at[event])}.`,
    lag > 0 ? `The vendor's API first listed it at ${clock(visible(event))}, ${span(lag)} later.` : "The vendor's API listed it at once.",
    numbers.length ? `Delivered in cycle${numbers.length > 1 ? "s" : ""} ${numbers.slice(0, 8).join(", ")}${numbers.length > 8 ? " and more" : ""}.` : "It became no incident.",
    ...changes.map(([, at, text]) => `${text === "deleted" ? "Deleted" : "Changed"} at ${clock(at)}${text === "deleted" ? "." : ": " + text}`),
    events.records[event] || "",
  ].filter(Boolean);
}

function cycleWords(place) {
  const words = [`Cycle ${run.number[place]} at ${clock(run.at[place])}: ${cycleWord(place)}`];
  for (const window of run.windows[place]) words.push("Asked for " + windowWords(window));
  words.push(`${plural(run.calls[place], "request")}, ${plural(run.made[place], "incident")} handed over, ${run.kept[place]} delivered.`);
  if (run.failures[place]) words.push(DATA.texts[run.failures[place][0]]);
  if (run.faults[place]) words.push("Struck by the scenario's fault: " + run.faults[place].map((text) => DATA.texts[text]).join(", "));
  return words;
}

function incidentWords(event, state, place) {
  const told = state === "lost" ? "handed over, and not kept by the server" : STATES[state];
  const more = event < 0 ? ["It is none of the events that the scenario has."] : eventWords(event).slice(1);
  return [`Incident of ${nameOf(event)} in cycle ${run.number[place]}: ${told}`, ...more];
}

// Whether a fetch asked for the event's own time, as its windows say; `edge` 1: a bound that is just this time counts too.
function covers(event, place, edge = 0) {
  return run.windows[place].some(([ask, lower, upper, sent]) => DATA.asks[ask][2]
    && (lower ?? -Infinity) - edge < events.at[event] && events.at[event] < (upper ?? sent) + edge);
}

// "got": an answer of this cycle held the event; "asked": it asked for the event's time before the vendor listed it;
// and when the vendor listed it already, "left": asked, and no answer held it; "passed": it asked for other times only.
function crossing(event, place) {
  if ((run.listed[place] || []).includes(event)) return "got";
  const own = run.windows[place].filter(([ask]) => DATA.asks[ask][2] && DATA.asks[ask][1]);
  if (own.some(([, , , sent]) => sent < visible(event))) return covers(event, place) ? "asked" : "";
  return own.length && !covers(event, place, 1) ? "passed" : covers(event, place) ? "left" : "";
}
