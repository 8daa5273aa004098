"""The composition root: opens what lives long, opens the doors."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

from app import __version__
from app.answers.answer import Answers
from app.api import conformance, evidence, health
from app.api.cds_hooks import feedback as cds_feedback
from app.api.cds_hooks import service as cds_service
from app.api.cohort import evidence_of_clinic, models, survival
from app.api.edge import metrics
from app.api.edge.cors import cors_for
from app.api.edge.middleware import Edge
from app.api.edge.tally import Tally
from app.api.estimates import batch, prognosis, single
from app.api.examples import add_examples
from app.api.fhir import metadata as fhir_metadata
from app.api.fhir import reads as fhir_reads
from app.api.fhir import searches as fhir_searches
from app.api.fhir import survival as fhir_survival
from app.api.fhir import writes as fhir_writes
from app.api.openapi import CONTACT, DESCRIPTION, LICENCE, TAGS, finish, operation_id
from app.api.problems import add_problem_handlers
from app.api.records import (
    audit,
    exports,
    imports,
    kept_estimates,
    measurements,
    patient_estimates,
    patient_records,
    patients,
    search,
)
from app.api.smart import configuration as smart_configuration
from app.api.smart import token as smart_token
from app.db.audit_key import read_audit_key
from app.db.checkpoint_file import CheckpointFile
from app.db.door import Door
from app.db.engine import open_engine
from app.ehr.talk import open_ehrs
from app.evidence.fitted_study import FittedStudies
from app.evidence.library import open_library
from app.identity.client_keys import open_client_keys
from app.identity.issuer import open_issuer
from app.identity.trust import read_trust
from app.integrations.fhir.codes import read_codes
from app.schemas.estimates import DEFAULT_EVIDENCE
from app.use_cases.access.admit_caller import FailedLogins
from app.use_cases.access.record_key_use import KeyUses
from app.use_cases.audit.keep_checkpoints import CheckpointKeeper
from app.use_cases.cds_hooks.count_cards import CardCounts
from app.use_cases.cohort.cohorts import Cohorts
from app.use_cases.cohort.fits import Fits
from app.use_cases.cohort.worker_process import WorkerProcess
from app.web.pages import add_pages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from app.api.edge.access_log import AccessLog
    from app.evidence.library import Library
    from app.settings import Settings


def create_app(settings: Settings, access_log: AccessLog | None = None) -> Service:
    """The whole service. Raises EvidenceFault if an evidence file is broken: it must not start."""
    library = open_library()
    tally = Tally(__version__) if settings.metrics else None
    app = Service(
        library,
        title="neurostrata",
        version=__version__,
        summary="Survival estimates in ALS by CSF pNFH, each with its source",
        description=DESCRIPTION,
        contact=CONTACT,
        license_info=LICENCE,
        openapi_tags=TAGS,
        servers=[{"url": "/", "description": "this server"}],
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(settings, library, tally),
        generate_unique_id_function=operation_id,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    # The busiest questions stand first, and in the app itself: each router costs a look-up.
    busiest = (*single.questions.routes, *single.bodies.routes, *cds_service.calling.routes)
    app.router.routes.extend(busiest)
    for router in (
        batch.router,
        evidence.router,
        prognosis.router,
        patients.router,
        search.lists,
        search.searches,
        patients.patches,
        patient_records.router,
        patient_records.erasing,
        measurements.router,
        imports.router,
        exports.router,
        patient_estimates.router,
        kept_estimates.reading,
        kept_estimates.replaying,
        survival.router,
        models.fitting,
        models.reading,
        evidence_of_clinic.making,
        evidence_of_clinic.comparing,
        audit.router,
        audit.verifying,
        conformance.router,
        health.router,
        cds_service.discovering,
        cds_feedback.telling,
        cds_feedback.summing,
        fhir_metadata.router,
        fhir_survival.router,
        fhir_searches.lists,
        fhir_searches.forms,
        fhir_reads.router,
        fhir_writes.router,
        fhir_writes.transactions,
        smart_configuration.router,
        smart_token.router,
    ):
        app.include_router(router)
    if tally is not None:
        app.include_router(metrics.router)
    add_pages(app)
    add_problem_handlers(app)
    cors = cors_for(settings.cors_origins)
    app.add_middleware(Edge, tally=tally, access_log=access_log, cors=cors)
    return app


class Service(FastAPI):
    """The app, which documents itself with answers of its own."""

    def __init__(self, library: Library, **described: Any) -> None:
        super().__init__(**described)
        self.library = library

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, finished once."""
        if self.openapi_schema is None:
            document = super().openapi()
            finish(document)
            add_examples(document, self.library, __version__)
        return super().openapi()


def _lifespan(
    settings: Settings, library: Library, tally: Tally | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[dict[str, Any]]]:
    answers, trust = Answers(__version__), read_trust(settings)
    codes = read_codes(settings.fhir_pnfh_codes)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        engine = open_engine(settings)
        door = Door(engine)
        key_uses = KeyUses(door)
        audit_key = read_audit_key(settings)
        checkpoint_file = CheckpointFile.in_folder(settings.data_dir, audit_key)
        keeper = CheckpointKeeper(engine, audit_key, checkpoint_file)
        keeper.start()
        cohorts = Cohorts(
            engine,
            library.studies[DEFAULT_EVIDENCE].ranges_by_id,
            settings.minimum_group,
            settings.cohort_cache_bytes,
            settings.fit_seconds,
        )
        fits = Fits(engine, cohorts, settings.fit_seconds)
        worker = WorkerProcess()
        card_counts = CardCounts(engine)
        try:
            async with (
                open_issuer(trust) as issuer,
                open_client_keys() as client_keys,
                open_ehrs(settings.fhir_servers) as ehrs,
            ):
                yield {
                    "settings": settings,
                    "library": library,
                    "answers": answers,
                    "own_answers": Answers(__version__),
                    "fitted_studies": FittedStudies(),
                    "engine": engine,
                    "audit_key": audit_key,
                    "checkpoint_file": checkpoint_file,
                    "tally": tally,
                    "failed_logins": FailedLogins(settings.failed_logins_per_minute),
                    "door": door,
                    "key_uses": key_uses,
                    "issuer": issuer,
                    "client_keys": client_keys,
                    "fhir_codes": codes,
                    "ehrs": ehrs,
                    "card_counts": card_counts,
                    "cohorts": cohorts,
                    "fits": fits,
                    "worker": worker,
                }
        finally:
            await fits.close()
            cohorts.close()
            worker.close()
            await key_uses.finish()
            await card_counts.finish()
            await keeper.finish()
            await door.close()
            await engine.dispose()

    return lifespan
