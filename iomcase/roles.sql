-- The three database roles of iomcase and what each may do. Run as a superuser in the application's database;
-- running it again changes nothing. docs/operations.md says how to give the roles passwords in production.
--   iomcase_owner    owns the tables, runs migrations, makes the test database
--   iomcase_web      web and worker: reads and writes rows, cannot change or drop tables, triggers or rights
--   iomcase_reports  reads rows only
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'iomcase_owner') THEN
    CREATE ROLE iomcase_owner LOGIN CREATEDB;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'iomcase_web') THEN
    CREATE ROLE iomcase_web LOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'iomcase_reports') THEN
    CREATE ROLE iomcase_reports LOGIN;
    ALTER ROLE iomcase_reports SET default_transaction_read_only = on;
  END IF;
  EXECUTE format('ALTER DATABASE %I OWNER TO iomcase_owner', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO iomcase_web, iomcase_reports', current_database());
END
$$;
GRANT USAGE ON SCHEMA public TO iomcase_web, iomcase_reports;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO iomcase_web;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO iomcase_web;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO iomcase_reports;
ALTER DEFAULT PRIVILEGES FOR ROLE iomcase_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO iomcase_web;
ALTER DEFAULT PRIVILEGES FOR ROLE iomcase_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO iomcase_web;
ALTER DEFAULT PRIVILEGES FOR ROLE iomcase_owner IN SCHEMA public GRANT SELECT ON TABLES TO iomcase_reports;
