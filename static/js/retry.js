// The page for "the database is away": asks every few seconds, and loads the page again once it answers.
const ASK_EVERY_MS = 5000;
async function ask() {
  try {
    const answer = await fetch(location.href, { method: "HEAD", redirect: "manual" });
    if (answer.status < 500) return location.reload();
  } catch {
    // Still away: the next round asks again.
  }
  setTimeout(ask, ASK_EVERY_MS);
}
setTimeout(ask, ASK_EVERY_MS);
