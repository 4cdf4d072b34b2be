-- 第一次 crmw migrate 之前，以超级用户运行一次：psql -f roles.sql。然后设密码：\password crmw_owner、\password crmw_app。
-- crmw_owner 拥有表并负责升级；crmw_app 供日常运行，改不了表和触发器，因此不能用它改写审计记录。
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
-- 17 版起：清理已删除的行；更早的版本会拒绝这一行，删除某人之后由 crmw_owner 运行 VACUUM ANALYZE。
-- From 17 on (before it is refused, and who has erased somebody runs VACUUM ANALYZE as crmw_owner): to clear dead rows.
ALTER DEFAULT PRIVILEGES FOR ROLE crmw_owner IN SCHEMA public GRANT MAINTAIN ON TABLES TO crmw_app;
