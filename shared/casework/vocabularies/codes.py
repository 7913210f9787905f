"""The coded types: a code is a plain string whose annotation says in which vocabulary it must be found."""

from typing import Annotated

from casework.vocabularies.fields import LevelField, code

ActionOption = Annotated[str, code("action-options")]
ActionPlanStatus = Annotated[str, code("action-plan-statuses")]
BillingUnit = Annotated[str, code("billing-units")]
ConsentForm = Annotated[str, code("consent-forms")]
ConsentParty = Annotated[str, code("consent-parties")]
DecisionBody = Annotated[str, code("decision-bodies")]
DecisionChannel = Annotated[str, code("decision-channels")]
DecisionOutcome = Annotated[str, code("decision-outcomes")]
DocumentKind = Annotated[str, code("document-kinds")]
EnquirySource = Annotated[str, code("enquiry-sources")]
FollowUpForm = Annotated[str, code("follow-up-forms")]
FollowUpFrequency = Annotated[str, code("follow-up-frequencies")]
FollowUpInterval = Annotated[str, code("follow-up-intervals")]
FollowUpMode = Annotated[str, code("follow-up-modes")]
FollowUpOutcome = Annotated[str, code("follow-up-outcomes", rule="FUP-07")]
GoalAttainment = Annotated[str, code("goal-attainments")]
GoalOutcome = Annotated[str, code("goal-outcomes", rule="FUP-06")]
GoalType = Annotated[str, code("goal-types", rule="GOL-02")]
GuardianshipForm = Annotated[str, code("guardianship-forms", rule="INT-12")]
LegalBasis = Annotated[str, code("legal-bases")]
NoticeChannel = Annotated[str, code("notice-channels")]
Offer = Annotated[str, code("offers")]
PartyRole = Annotated[str, code("party-roles")]
Precedent = Annotated[str, code("precedents")]
PriceBasis = Annotated[str, code("price-bases")]
ReassessmentOutcome = Annotated[str, code("reassessment-outcomes")]
RepresentationForm = Annotated[str, code("representation-forms")]
Service = Annotated[str, code("services", heading="PRI-07")]
ServiceFrequency = Annotated[str, code("service-frequencies")]
SourceKind = Annotated[str, code("source-kinds")]
SupportLevel = Annotated[str, code("support-levels", rule="EVA-11")]
TargetGroup = Annotated[str, code("target-groups", rule="EVA-07")]
Track = Annotated[str, code("tracks")]

Level = Annotated[int, LevelField()]
"""How much functioning is reduced: 0 none … 4 complete. A lower number is better (handbook 4.3.4)."""

Category = Annotated[str, code("themes", where={"level": "category"})]
Theme = Annotated[str, code("themes", where={"level": "theme"})]
Subtheme = Annotated[str, code("themes", where={"level": "subtheme"})]
ScoredSubtheme = Annotated[str, code("themes", where={"level": "subtheme", "scored": "true"}, rule="ASM-04")]
PrimarySubtheme = Annotated[str, code("themes", where={"level": "subtheme", "scored": "true"}, rule="GOL-03")]
RelatedSubtheme = Annotated[str, code("themes", where={"level": "subtheme", "scored": "true"}, rule="GOL-07")]
