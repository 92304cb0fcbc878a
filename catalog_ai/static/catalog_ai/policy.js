/* The policy of catalog_ai/policy.py in the browser. A test holds the two to the same answers. */
"use strict";

globalThis.CatalogAI = globalThis.CatalogAI || {};

/* Thresholds between the presets: 0 strict, 0.5 balanced, 1 permissive, straight between. */
CatalogAI.interpolateThresholds = function (thresholds, sensitivity) {
  const lower = sensitivity <= 0.5;
  const start = lower ? thresholds.strict : thresholds.balanced;
  const end = lower ? thresholds.balanced : thresholds.permissive;
  const share = lower ? 2 * sensitivity : 2 * sensitivity - 1;
  const between = (from, to) => (share === 1 ? to : from + share * (to - from));
  return {
    auto: between(start.auto, end.auto),
    review: between(start.review, end.review),
  };
};

CatalogAI.decideLabel = function (confidence, thresholds) {
  if (confidence >= thresholds.auto) {
    return "auto";
  }
  return confidence >= thresholds.review ? "review" : "drop";
};

/* What becomes of the image: filed, review or unidentified. */
CatalogAI.decideOutcome = function (labels, sensitivity, facets, singleValued) {
  const decisions = labels
    .filter((label) => facets.includes(label.facet))
    .map((label) =>
      CatalogAI.decideLabel(
        label.confidence,
        CatalogAI.interpolateThresholds(label.thresholds, sensitivity),
      ),
    )
    .filter((decision) => decision !== "drop");
  const certain = decisions.filter((decision) => decision === "auto").length;
  if (decisions.length === 0) {
    return "unidentified";
  }
  if (singleValued) {
    return certain === 1 ? "filed" : "review";
  }
  return certain === decisions.length ? "filed" : "review";
};
