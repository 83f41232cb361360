// The conversation, kept through a reload. It lies in this tab alone and is gone with it; nothing is kept in
// cookies or localStorage. Eight hours old or in another shape, it is thrown away.

const KEY = "samtale";
const SHAPE = 1;
const HOURS = 8;
const MOST = 30;

export const recall = () => {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    if (kept?.shape === SHAPE && Date.now() - kept.at < HOURS * 3600e3) return kept.exchanges;
    sessionStorage.removeItem(KEY);
  } catch {
    // Storage is shut off, or holds something else: the conversation begins anew.
  }
  return [];
};

export const remember = (exchanges) => {
  try {
    if (exchanges.length) {
      const kept = { shape: SHAPE, at: Date.now(), exchanges: exchanges.slice(-MOST) };
      sessionStorage.setItem(KEY, JSON.stringify(kept));
    } else sessionStorage.removeItem(KEY);
  } catch {
    // Storage is shut off or full: a reload then begins anew.
  }
};
