// A session that ended while a page was open: go to the sign-in page whole, instead of
// letting htmx put it into a corner of this one.

export function leaveWhenSignedOut(root) {
  const login = document.body.dataset.loginUrl;
  if (!login) return;
  root.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (!xhr.responseURL || new URL(xhr.responseURL).pathname !== login) return;
    event.detail.shouldSwap = false;
    window.location.assign(xhr.responseURL);
  });
}
