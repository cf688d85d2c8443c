-- One schema per service; each service writes its own and nobody else's tables. The owner role migrates, the
-- application role works with what later migrations grant it, table by table.
CREATE SCHEMA intake;
CREATE SCHEMA dispatch;
CREATE SCHEMA evidence;
CREATE SCHEMA approval;
CREATE SCHEMA payment;
CREATE SCHEMA escalation;
CREATE SCHEMA sla;
CREATE SCHEMA console;

GRANT USAGE ON SCHEMA intake, dispatch, evidence, approval, payment, escalation, sla, console TO redress_app;
