// What a reload must not lose: where each person was, what they had read, and what they were typing.

export function memory(room, person) {
  const key = `homeroom ${room} ${person}`;
  let kept;
  try {
    kept = JSON.parse(sessionStorage.getItem(key)) ?? {};
  } catch {
    kept = {};
  }
  const state = { place: null, seen: {}, draft: "", history: [], ...kept };
  return {
    state,
    save() {
      try {
        sessionStorage.setItem(key, JSON.stringify(state));
      } catch {
        // A full or forbidden store only costs what a reload would have kept.
      }
    },
  };
}
