"use strict";
const mails = JSON.parse(document.getElementById("mails").textContent);
const byId = new Map(mails.map((mail) => [mail.id, mail]));
const PAGE = 200;
const NAMES = { apology: "Apology", check_in: "Check-in", small_extra: "Small extra" };
const $ = (id) => document.getElementById(id);
let shown = PAGE;
let asText = false;

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const nameOf = (kind) => NAMES[kind] || kind.replaceAll("_", " ");
const texts = new Map(mails.map((mail) => [
  mail.id, plain([mail.to, mail.subject, mail.preheader, mail.rule, mail.kind, mail.language, mail.id].join(" ")),
]));

function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}

function fitting() {
  const words = plain($("search").value).split(/\s+/).filter(Boolean);
  const kind = $("kind").value;
  return mails.filter((mail) =>
    (!kind || mail.kind === kind) && words.every((word) => texts.get(mail.id).includes(word)));
}

function row(mail) {
  const item = element("li");
  const button = element("button");
  button.type = "button";
  button.dataset.id = mail.id;
  const why = element("span", "why");
  why.append(element("span", `kind ${mail.kind}`, nameOf(mail.kind)), ` · ${mail.rule} · ${mail.language}`);
  const when = element("time", "when", mail.at.slice(11, 16));
  when.dateTime = mail.at;
  button.append(element("span", "who", mail.to), when, element("span", "what", mail.subject), why);
  button.addEventListener("click", () => { location.hash = mail.id; });
  item.append(button);
  return item;
}

function list() {
  const found = fitting();
  const rows = [];
  let day = "";
  for (const mail of found.slice(0, shown)) {
    if (mail.day !== day) rows.push(element("li", "day", `${day = mail.day} (UTC)`));
    rows.push(row(mail));
  }
  $("list").replaceChildren(...rows);
  $("more").hidden = found.length <= shown;
  $("none").hidden = found.length > 0;
  const total = `${mails.length} ${mails.length === 1 ? "mail" : "mails"}`;
  $("count").textContent = found.length === mails.length ? total : `${found.length} of ${total}`;
  mark();
}

function mark() {
  const id = location.hash.slice(1);
  for (const button of $("list").querySelectorAll("button")) {
    if (button.dataset.id === id) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

function read() {
  if (location.hash === "#mail") return; // the skip link, not a mail
  const mail = byId.get(location.hash.slice(1));
  document.body.classList.toggle("reading", Boolean(mail));
  $("open").hidden = !mail;
  $("empty").hidden = Boolean(mail);
  mark();
  if (!mail) return;
  $("subject").textContent = mail.subject;
  $("subject").lang = mail.language;
  $("to").textContent = mail.to;
  $("at").textContent = `${mail.at.slice(0, 16).replace("T", " ")} UTC`;
  $("at").dateTime = mail.at;
  $("rule").textContent = `${mail.rule} (${nameOf(mail.kind)}, ${mail.language})`;
  $("id").textContent = mail.id;
  $("eml").href = `${mail.day}/${mail.id}.eml`;
  $("as-html").setAttribute("aria-pressed", String(!asText));
  $("as-text").setAttribute("aria-pressed", String(asText));
  // A fresh frame each time: following frames' own history would break the back button.
  const frame = $("frame").cloneNode();
  frame.src = `${mail.day}/${mail.id}.${asText ? "txt" : "html"}`;
  $("frame").replaceWith(frame);
}

function step(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const buttons = [...$("list").querySelectorAll("button")];
  const next = buttons.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  if (!buttons[next]) return;
  event.preventDefault();
  buttons[next].focus();
}

for (const kind of [...new Set(mails.map((mail) => mail.kind))].sort()) {
  const option = element("option", "", nameOf(kind));
  option.value = kind;
  $("kind").append(option);
}
const again = () => { shown = PAGE; list(); };
$("search").addEventListener("input", again);
$("kind").addEventListener("change", again);
$("filter").addEventListener("submit", (event) => event.preventDefault());
$("more").addEventListener("click", () => { shown += PAGE; list(); });
$("list").addEventListener("keydown", step);
$("back").addEventListener("click", () => { location.hash = ""; });
$("as-html").addEventListener("click", () => { asText = false; read(); });
$("as-text").addEventListener("click", () => { asText = true; read(); });
addEventListener("hashchange", read);
list();
read();
