# The files of docs/monitoring/ by Debian's promtool and amtool, and the lines
# that docs/monitoring/README.md shows.

use strict;
use warnings;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/../lib";
use Healthcode::Docs qw(slurp document);
use Healthcode::Fixture;
use Healthcode::Monitoring qw(alerts dashboard expressions plain);
use Healthcode::Process;

my $ROOT = $Healthcode::Fixture::ROOT;
my $DIR  = "$ROOT/docs/monitoring";
my $f    = Healthcode::Fixture->folder;


sub run {
    my (@command) = @_;
    my $process = Healthcode::Process->spawn(\@command);
    my $status = $process->wait(120) // die "@command: no end\n";
    return ($status >> 8 || $status, $process->output);
}


sub holds {
    my ($what, @command) = @_;
    my ($status, $out) = run(@command);
    is($status, 0, $what) or diag($out);
    return $out;
}


# ---- rules ----

holds('promtool takes the rules', 'promtool', 'check', 'rules', '--lint-fatal',
      "$DIR/rules.yml");
holds('each alert fires, and does not where it must not', 'promtool', 'test',
      'rules', "$DIR/rules.test.yml");

# Rules that were changed by $change, as their tests see them: alerts that then
# are missing somewhere, and alerts that are too much.
sub tried {
    my ($change) = @_;
    my $rules = slurp("$DIR/rules.yml");
    $change->() for $rules;
    mkdir $f->path('changed');
    $f->write('changed/rules.yml', $rules);
    $f->write('changed/rules.test.yml', slurp("$DIR/rules.test.yml"));
    my ($status, $out) = run('promtool', 'test', 'rules',
                             $f->path('changed/rules.test.yml'));
    my (%missing, %more);
    while ($out =~ /^\s+exp: (.*)\n\s+got: (.*)$/mg) {
        my ($exp, $got) = ($1, $2);
        my %exp = map { $_ => 1 } $exp =~ /alertname="(\w+)"/g;
        my %got = map { $_ => 1 } $got =~ /alertname="(\w+)"/g;
        $missing{$_} = 1 for grep { !$got{$_} } keys %exp;
        $more{$_} = 1 for grep { !$exp{$_} } keys %got;
    }
    return (\%missing, \%more);
}


my @alerts = map { $_->{alert} } alerts("$DIR/rules.yml");
{
    my ($missing) = tried(sub { s/(- alert: \w+\n\s+)expr: (?:\|\n)?.*?\n(?=        (?:for|labels):)/$1expr: vector(1) > 2\n/gs });
    is(join(' ', grep { !$missing->{$_} } @alerts), '', 'a test misses each of them');

    my (undef, $more) = tried(sub {
        s/^        for: .*\n//mg;
        s/ (>=?) [\d.]+( \* \d+)?$/ $1 -1/mg;
        s/ < \d+ \* \d+$/ < 1e9/mg;
        s/\{verdict="other"\}/{gate!=""}/;
    });
    is(join(' ', grep { !$more->{$_} } @alerts), '',
       'without waiting and limits a test sees each of them where it must not be');
}


# ---- the dashboard ----

{
    my %expression = expressions(dashboard("$DIR/dashboard.json"));
    my $rules = "groups:\n  - name: dashboard\n    rules:\n";
    my $n = 0;
    for my $where (sort keys %expression) {
        my $expr = plain($expression{$where}) =~ s/'/''/gr;
        $rules .= "      # $where\n      - { record: 'expression:" . $n++
            . "', expr: '$expr' }\n";
    }
    cmp_ok($n, '>', 30, 'expressions of the dashboard');
    holds('promtool takes each of them', 'promtool', 'check', 'rules',
          $f->write('dashboard.yml', $rules));
}


# ---- what the page shows ----

{
    my $doc = document($ROOT, 'docs/monitoring/README.md');
    my $etc = $f->path('etc');
    mkdir $etc;

    # its commands, except those that need root
    my @sh = map { split /\n/, $_->{text} } grep { $_->{info} eq 'sh' }
        @{ $doc->{fences} };
    my $done = 0;
    for my $line (grep { /^(install|promtool) / } @sh) {
        my $here = $line =~ s{/etc/prometheus}{$etc}gr;
        holds($line, 'sh', '-c', "cd '$ROOT' && $here");
        $done++;
    }
    is($done, 4, 'commands were found');

    # pieces of prometheus.yml, each in place of what it has of that name
    my $whole = slurp("$etc/prometheus.yml");
    my @pieces = grep { $_->{info} eq 'yaml prometheus' } @{ $doc->{fences} };
    is(@pieces, 2, 'pieces of prometheus.yml were found');
    for my $piece (@pieces) {
        my ($name) = $piece->{text} =~ /^(\w+:)\n/;
        $whole =~ s/^$name\n(?:[ \n].*\n|\n)*//m;
        $whole .= $piece->{text};
    }
    is(scalar(() = $whole =~ /^\w+:$/mg), 4, 'prometheus.yml with them');
    $f->write('etc/whole.yml', $whole);
    holds('is one that Prometheus takes', 'promtool', 'check', 'config',
          "$etc/whole.yml");

    my ($mail) = grep { $_->{info} eq 'yaml alertmanager' } @{ $doc->{fences} };
    my $file = $f->write('alertmanager.yml', $mail->{text});
    holds('alertmanager.yml is one that Alertmanager takes', 'amtool',
          'check-config', $file);
    my $to = sub {
        my ($labels) = @_;
        my ($status, $out) = run('amtool', 'config', 'routes', 'test',
            "--config.file=$file", map { "$_=$labels->{$_}" } sort keys %$labels);
        return ($out =~ /^(\w+)$/m)[0];
    };
    for my $alert (alerts("$DIR/rules.yml")) {
        my $severity = $alert->{labels}{severity};
        is($to->({ alertname => $alert->{alert}, severity => $severity }),
           $severity eq 'critical' ? 'duty' : 'office', "$alert->{alert}: who is told");
    }
    my %alert = map { $_->{alert} => 1 } alerts("$DIR/rules.yml");
    is(join(' ', grep { !$alert{$_} } $mail->{text} =~ /\b(Healthcode\w+)/g), '',
       'alerts that it names exist');
}

done_testing();
