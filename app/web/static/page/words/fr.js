// The page's own French, and the page's texts, by the names that the page gives them.

const STRATA = { very_low: "très bas", low: "bas", high: "élevé", lower: "inférieur" };
const KINDS = { published: "publié", derived: "dérivé", modelled: "modélisé", fitted: "ajusté" };

export const fr = {
  page: {
    skip: "Aller à la réponse",
    use_title: "Usage de recherche.",
    use_text:
      "Pour professionnels de santé et chercheurs. Ce n’est pas un dispositif médical et cela ne remplace pas le jugement clinique. L’interleukine‑2 n’est pas autorisée dans la SLA.",
    title: "Survie dans la SLA selon le pNFH du LCR",
    lead: "Ce que l’essai MIROCALS a rapporté sur l’interleukine‑2 à faible dose pour ce taux, avec chaque incertitude à côté.",
    level: "Taux de pNFH",
    level_hint: "Dans le liquide cérébrospinal. Les taux du sérum et du plasma ne conviennent pas.",
    specimen: "Prélèvement",
    csf: "Liquide cérébrospinal",
    language: "Langue",
    assay_cv: "Imprécision du dosage, CV",
    optional: "facultatif",
    assay_cv_hint:
      "Celle de votre laboratoire. Sans elle, la variation entre laboratoires est utilisée.",
    ask: "Afficher l’estimation",
    examples: "Exemples",
    privacy:
      "Seul le contenu de ce formulaire est envoyé, à ce service uniquement. Rien n’est conservé.",
    answer: "Réponse",
    welcome_title: "Ce que contient la réponse",
    welcome_stratum: "La strate du taux, et sa certitude compte tenu de l’erreur du dosage.",
    welcome_effect:
      "L’effet publié dans cette strate, avec son intervalle, à côté du résultat principal de l’essai.",
    welcome_curves:
      "La survie modélisée avec et sans traitement jusqu’à la fin du suivi, avec les deux sortes d’incertitude.",
    welcome_source: "La source de chaque nombre, et ce qui est publié, dérivé ou modélisé.",
    welcome_silence: "Là où rien n’a été publié, la réponse le dit.",
  },
  labels: { comparator: "Comparateur", unit: "Unité" },
  stratum: (id) => STRATA[id] ?? id.replaceAll("_", " "),
  kind: (kind) => KINDS[kind] ?? kind,
  arm: { placebo: "Placebo", il2ld: "IL‑2 à faible dose" },
  asking: "Demande en cours …",
  ready: (label) => `La réponse est prête : ${label}.`,
  faulty: (count) =>
    count === 1 ? "Un point est à corriger." : `${count} points sont à corriger.`,
  comma: "Écrivez 1500 ou 1.5 : une virgule ou une espace peut se lire de deux façons.",
  empty: "Donnez le taux rendu par le laboratoire.",
  notPercent: "Donnez un pourcentage supérieur à 0 et jusqu’à 100, ou laissez vide.",
  unreachable: "Le service n’a pas répondu. Vérifiez la connexion et réessayez.",
  unexpected: (status) => `Le service a répondu avec le statut ${status}.`,
  requestId: (id) => `Requête ${id}`,
  more: "Ce que cela signifie",

  headline: {
    estimate: "Strate",
    no_estimate: "Aucune estimation publiée",
    indeterminate: "Strate indécise",
  },
  named: (name) => `Strate : ${name}`,
  stratumTitle: (name) => `pNFH ${name}`,
  share: (percent) => `${percent} des participants de l’essai`,
  readAs: (given, used) => `Donné comme ${given}, lu comme ${used} dans le LCR.`,
  used: (used) => `Lu comme ${used} dans le LCR.`,
  or: " ou ",
  to: "à",
  membershipTitle: "La strate est‑elle sûre ?",
  membership: (cv) =>
    `Probabilité que le vrai taux soit dans chaque strate, pour une erreur de dosage de ${cv} (CV)`,
  membershipPlain: "Probabilité que le vrai taux soit dans chaque strate",
  distance: (distance, cut, unit) =>
    `À ${distance} ${unit} du seuil le plus proche, ${cut} ${unit}.`,
  stripAlternative: (level, cuts, unit) =>
    `Le taux ${level} ${unit} sur une échelle logarithmique ; seuils ${cuts} ${unit}.`,

  effectTitle: "Effet de l’IL‑2 à faible dose sur le taux de décès",
  thisStratum: "Dans cette strate",
  wholeTrial: "Essai entier",
  primary: "Résultat principal, non significatif",
  pooled: "Groupe inférieur réuni",
  pooledNote: (ratio, note) => `Groupe inférieur réuni, HR ${ratio}. ${note}`,
  hazardRatio: "Rapport des risques instantanés (HR)",
  interval: (level, lower, upper) => `intervalle à ${level} : ${lower} à ${upper}`,
  noInterval: "aucun intervalle publié",
  pValue: (value) => `p = ${value}`,
  direction: "Sens :",
  directions: { benefit: "bénéfice", harm: "effet délétère", uncertain: "incertain" },
  because: {
    benefit: "L’intervalle est entièrement au‑dessous de 1.",
    harm: "L’intervalle est entièrement au‑dessus de 1.",
    uncertain: "L’intervalle contient 1.",
    unknown: "Aucun intervalle n’a été publié.",
  },
  chance:
    "Aucune correction pour comparaisons multiples n’est connue, l’essai n’était pas stratifié selon le pNFH, et le choix des seuils n’est pas connu.",
  rateOfDeath: (change) => `Taux de décès : ${change}`,
  deaths: (day, months, placebo, treated) =>
    `Décès modélisés au jour ${day} (${months} mois) : placebo ${placebo}, IL‑2 à faible dose ${treated}.`,
  noEffect: "Aucun résultat n’a été publié pour cette strate, donc aucune estimation n’est donnée.",
  noEffectOpen: "Aucun effet unique ne s’applique tant que la strate est ouverte.",
  lowerRate: "taux plus bas sous IL‑2",
  higherRate: "taux plus haut sous IL‑2",
  forestAlternative:
    "Rapports des risques instantanés et leurs intervalles, sur une échelle logarithmique autour de 1, qui signifie aucune différence",

  curvesTitle: "Survie dans cette strate, avec et sans IL‑2 à faible dose",
  curvesNote: (origin) =>
    `D’après des nombres publiés. Le temps court depuis ${origin}, non depuis les premiers signes ni le diagnostic ; les courbes s’arrêtent avec le suivi.`,
  origins: { randomisation: "la randomisation" },
  bands: {
    inner: (level) => `intervalle à ${level}`,
    outer: "avec l’incertitude de la forme de la courbe",
    observed: "publié",
  },
  axisTime: "Mois et jours depuis la randomisation",
  monthTick: (months, days) => `${months} mois\n${days} j`,
  curvesAlternative:
    "Deux courbes de survie modélisées avec leurs bandes. Le tableau ci‑dessous donne les mêmes nombres.",
  armAlternative: (arm, day, months, estimate, lower, upper) =>
    `${arm} : ${estimate} en vie au jour ${day} (${months} mois), intervalle ${lower} à ${upper}.`,
  readAt: "Lire les courbes au",
  day: (day) => `jour ${day}`,
  dayAndMonths: (day, months) => `jour ${day} · ${months} mois`,
  reading: (arm, estimate, lower, upper) => `${arm} ${estimate} (${lower} à ${upper})`,
  readingNote: "Ces intervalles comprennent l’incertitude de la forme de la courbe.",
  tableTitle: "En nombres",
  tableHead: ["Dans cette strate", "Placebo", "IL‑2 à faible dose", "Différence"],
  fromTo: (estimate, lower, upper) => `${estimate} (${lower} à ${upper})`,

  absoluteTitle: (day, months) => `Au jour ${day} (${months} mois)`,
  absoluteHead: ["IL‑2 moins placebo", "Dans cette strate", "Essai entier"],
  survivalDifference: "En vie, points de pourcentage",
  needed: "Nombre de sujets à traiter",
  rmst: (tau) => `Jours de vie moyens sur les ${tau} premiers`,
  shapeRange: (lower, upper) => `${lower} à ${upper} selon la forme de la courbe`,
  observedDifference: (value) => `publié : ${value}`,
  derivedDifference: (value) => `compté : ${value}`,
  towards: {
    benefit: "à traiter pour une personne en vie de plus",
    harm: "à traiter pour un décès de plus",
  },
  infinite: "infini",
  neededInterval: (lower, upper) => `${lower} à ${upper}`,
  neededThrough: (lower, lowerType, upper, upperType) =>
    `de ${lower} (${lowerType}) en passant par l’infini à ${upper} (${upperType})`,
  marksTitle: (day) => `Sur 100 personnes, en vie au jour ${day}`,
  marks: (arm, estimate, lower, upper) =>
    `${arm} : ${estimate} sur 100, intervalle ${lower} à ${upper}`,
  marksKey: {
    sure: "jusqu’à la limite basse",
    likely: "jusqu’à l’estimation",
    unsure: "jusqu’à la limite haute",
    rest: "au‑delà",
  },

  exploratoryTitle: "Exploratoire : l’effet selon le taux",
  continuous: (level, ratio, lower, upper) =>
    `À ${level}, le modèle d’interaction de l’essai donne un HR de ${ratio} (${lower} à ${upper}).`,
  interaction: (ratio, lower, upper, p) =>
    `Interaction du traitement et du taux : ${ratio} (${lower} à ${upper}) pour 1000 pg/mL, p = ${p}.`,

  wordsTitle: "En mots",
  clinicianTitle: "Pour un courrier ou le dossier",
  layTitle: "En langage courant",
  warningsTitle: "À noter",
  severities: { caution: "Prudence", info: "Note", warning: "Avertissement" },
  noticesTitle: "Conditions d’usage",
  applicabilityTitle: "Ces données valent‑elles pour cette personne ?",
  grades: {
    applicable: "Tous les critères d’inclusion de l’essai sont remplis.",
    not_applicable: "Au moins un critère d’inclusion de l’essai n’est pas rempli.",
    undetermined:
      "Indéterminé : rien n’a été envoyé sur la personne. Vérifiez chaque critère d’inclusion de l’essai.",
  },
  criteria: { met: "rempli", not_met: "non rempli", unknown: "à vérifier" },
  sourceTitle: "Source",
  source: (id, version) => `Données ${id}, version ${version}`,
  digest: "Empreinte",
  service: (version) => `Version du service ${version}`,
  asJson: "Cette réponse en JSON",
};
