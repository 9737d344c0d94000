// Keeps across reloads in which place each person was, what they had read, and what they were typing, in a form too.

export function memory(room, person) {
  const key = `homeroom ${room} ${person}`;
  let kept;
  try {
    kept = JSON.parse(sessionStorage.getItem(key)) ?? {};
  } catch {
    kept = {};
  }
  const state = { place: null, seen: {}, draft: "", history: [], form: null, ...kept };
  return {
    state,
    save() {
      try {
        sessionStorage.setItem(key, JSON.stringify(state));
      } catch {
        // Without storage, only a reload loses something.
      }
    },
  };
}
