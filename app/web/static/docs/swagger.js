// Swagger UI, set up for this service: nothing is sent anywhere but here.

const place = document.getElementById("documentation");
const dark = matchMedia("(prefers-color-scheme: dark)");

function followTheme() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

function nameTheServers() {
  document.getElementById("servers")?.setAttribute("aria-label", "Server");
}

dark.addEventListener("change", followTheme);
followTheme();

SwaggerUIBundle({
  url: new URL(place.dataset.openapi, document.baseURI).href,
  domNode: place,
  deepLinking: false, // its links sit inside buttons, which screen readers cannot tell apart
  validatorUrl: "none",
  persistAuthorization: false,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  onComplete: nameTheServers,
  presets: [SwaggerUIBundle.presets.apis],
});
