// Pages work without this. It keeps what they show fresh, and copies a story as text.
"use strict";

// Make `old` equal to `fresh` in place, so that focus, scrolling and opened details stay.
function agree(old, fresh) {
  if (old.nodeName !== fresh.nodeName || old.id !== fresh.id) {
    old.replaceWith(fresh.cloneNode(true));
    return;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) return;
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    const chosenHere = name === "open" && old.nodeName === "DETAILS";
    if (!fresh.hasAttribute(name) && !chosenHere) old.removeAttribute(name);
  }
  const [mine, theirs] = [[...old.childNodes], [...fresh.childNodes]];
  theirs.forEach((node, place) => (mine[place] ? agree(mine[place], node) : old.append(node.cloneNode(true))));
  mine.slice(theirs.length).forEach((node) => node.remove());
}

function selecting(section) {
  const marked = document.getSelection();
  return marked && !marked.isCollapsed && section.contains(marked.anchorNode);
}

const pulse = document.getElementById("pulse");
const sections = [...document.querySelectorAll("[data-live]")];

async function refresh() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.title = fresh.title;
    for (const section of sections) {
      const news = fresh.getElementById(section.id);
      if (news && !selecting(section)) agree(section, news);
    }
    say("");
  } catch {
    say("Isthmus does not answer. What you see may be old; this page tries again by itself.");
  }
}

function say(words) {
  if (pulse.textContent !== words) pulse.textContent = words;
  document.body.classList.toggle("stale", words !== "");
}

if (sections.length) {
  const every = Math.min(...sections.map((section) => Number(section.dataset.live))) * 1000;
  const loop = async () => {
    if (!document.hidden) await refresh();
    setTimeout(loop, every);
  };
  setTimeout(loop, every);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
}

// One click, one request: a button pressed twice would only say "nothing was queued".
document.addEventListener("submit", (event) => {
  if (event.target.method === "post") setTimeout(() => event.target.querySelectorAll("button").forEach((each) => each.setAttribute("disabled", "")));
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-copy]");
  if (!link || !navigator.clipboard) return; // without a clipboard the link opens the text
  event.preventDefault();
  const words = link.textContent;
  try {
    await navigator.clipboard.writeText(await (await fetch(link.href)).text());
    link.textContent = "Copied";
    setTimeout(() => (link.textContent = words), 2000);
  } catch {
    location.assign(link.href);
  }
});
