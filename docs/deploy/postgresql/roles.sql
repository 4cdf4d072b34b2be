-- Once, as a superuser, before the first `crmw migrate`: psql -f roles.sql. Passwords: \password crmw_owner, \password crmw_app.
-- crmw_owner owns the tables and migrates; crmw_app, with which everything runs, can change neither tables nor triggers,
-- so that the record cannot be rewritten with its rights.
CREATE ROLE crmw_owner LOGIN CONNECTION LIMIT 10;
CREATE ROLE crmw_app LOGIN CONNECTION LIMIT 200;
CREATE DATABASE crmw OWNER crmw_owner TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE crmw FROM PUBLIC;
GRANT CONNECT ON DATABASE crmw TO crmw_app;
\connect crmw
ALTER SCHEMA public OWNER TO crmw_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO crmw_app;
ALTER DEFAULT PRIVILEGES FOR ROLE crmw_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO crmw_app;
-- From 17 on (before it is refused, and who has erased somebody runs VACUUM ANALYZE as crmw_owner): to clear dead rows.
ALTER DEFAULT PRIVILEGES FOR ROLE crmw_owner IN SCHEMA public GRANT MAINTAIN ON TABLES TO crmw_app;
