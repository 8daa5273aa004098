// Redoc, set up for this service. It has a light theme only, so the page keeps to that.

document.documentElement.dataset.theme = "paper";

const place = document.getElementById("documentation");

Redoc.init(
  new URL(place.dataset.openapi, document.baseURI).href,
  {
    disableGoogleFont: true,
    hideDownloadButtons: false,
    nativeScrollbars: true,
    theme: {
      colors: { primary: { main: "#174a6d" } },
      typography: {
        fontFamily: "system-ui, sans-serif",
        headings: { fontFamily: "system-ui, sans-serif", fontWeight: "600" },
      },
    },
  },
  place,
);
