#!/usr/bin/perl
# make asan: the suites, the attack, and keys that change, against an nginx that
# has the module in it and was built with AddressSanitizer and
# UndefinedBehaviorSanitizer.  make tsan: keys that change, with ThreadSanitizer.
# Whatever one of them reports is printed, and is a failure.
#
#     util/sanitized.pl asan [t/NN-name.t ...] [attack] [keys]    all by default
#     util/sanitized.pl tsan [t/NN-name.t ...] [keys]     t/18-keys.t and keys
#
# CONTRIBUTING.md, "Sanitizers and the attack".

use strict;
use warnings;

use File::Basename qw(basename dirname);
use File::Spec;
use File::Temp ();

my $root = dirname(dirname(File::Spec->rel2abs(__FILE__)));
chdir $root or die "sanitized: $root: $!\n";

# Suites that say nothing here, besides those that have no nginx.
my %NOT = (
    '06-outage'   => 'measures times',
    '15-valgrind' => 'is valgrind',
    '21-cached'   => 'runs the other suites, and valgrind',
    '22-live'     => 'measures times',
    '40-docs'     => 'loads the module as users do',
    '42-examples' => 'loads the module as users do',
    '54-build'    => 'builds modules of its own',
    '57-kit'      => 'preloads libfaketime, and loads the module as users do',
);

my $kind = shift @ARGV // '';
$kind =~ /^[at]san$/ or die "sanitized: asan or tsan?\n";

my ($passed, $failed) = (0, 0);


# Workers write there too, whoever they are.
my $reports = File::Temp->newdir("healthcode-$kind-XXXXXXXX", TMPDIR => 1);
chmod 01777, $reports;

$ENV{HEALTHCODE_REPORTS} = "$reports";
$ENV{HEALTHCODE_STATIC}  = 1;
$ENV{TEST_NGINX_BINARY}  = "$root/build/$kind/nginx";
delete $ENV{ASAN_OPTIONS};    # Test::Nginx would change it

# ASan and UBSan are one runtime, that takes these words of both.  The attack
# looks for leaks, too; for the suites, that start nginx a thousand times, it
# would take too long.
my $ubsan = join ',', "log_path=$reports/report", 'print_stacktrace=1',
    'print_suppressions=0', "suppressions=$root/t/asan/ubsan.supp";
$ENV{LSAN_OPTIONS}  = 'detect_leaks=0';
$ENV{UBSAN_OPTIONS} = "$ubsan,detect_leaks=0";
$ENV{TSAN_OPTIONS}  = join ',', "log_path=$reports/report",
    'second_deadlock_stack=1', 'exitcode=0',
    "suppressions=$root/t/asan/tsan.supp";


# Why a suite is not run; nothing if it is.
sub why_not {
    my ($suite) = @_;
    my $why = $NOT{ basename($suite, '.t') };
    return $why if $why;
    open my $in, '<', $suite or die "sanitized: $suite: $!\n";
    return (grep { /Healthcode::Nginx|Test::Nginx/ } <$in>) ? '' : 'has no nginx';
}


sub reported {
    my $n = 0;
    for my $name (sort glob "$reports/*") {
        open my $in, '<', $name or die "sanitized: $name: $!\n";
        my $text = do { local $/; <$in> } // '';
        next if $text !~ /\S/;
        print "---- ", basename($name), "\n$text\n" if ++$n <= 3;
        unlink $name;
    }
    print "---- and ", $n - 3, " more\n" if $n > 3;
    return $n;
}


# Runs a command that ends with a line "... N passed, N failed"; what sanitizers
# say of it counts as failed.
sub run {
    my ($what, @command) = @_;
    open my $out, '-|', @command or die "sanitized: $command[0]: $!\n";
    my ($good, $bad) = (0, 0);
    while (my $line = <$out>) {
        print $line;
        ($good, $bad) = ($1, $2) if $line =~ /(\d+) passed, (\d+) failed/;
    }
    my $ok = close $out;
    my $found = reported();
    print "$kind: $what: ", $found ? "$found REPORTS" : 'no reports', "\n";
    $passed += $good;
    $failed += $bad + $found;
    $failed++ if !$bad && (!$ok || !$good);
}


$| = 1;
my @asked = @ARGV ? @ARGV
    : $kind eq 'tsan' ? ('t/18-keys.t', 'keys')
    : ((grep { !why_not($_) } sort glob 't/*.t'), 'attack', 'keys');
print map { my $why = why_not($_); $why ? "asan: not $_: it $why\n" : () }
    sort glob 't/*.t' if $kind eq 'asan' && !@ARGV;

my @suites = grep { /\.t$/ } @asked;
run('suites', 'util/test.pl', @suites) if @suites;

for my $part (grep { !/\.t$/ } @asked) {
    local @ENV{qw(ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS)} = (
        'quarantine_size_mb=16,detect_stack_use_after_return=1',
        "suppressions=$root/t/asan/lsan.supp", $ubsan);
    run($part, 'util/attack.pl', $part eq 'attack' ? () : $part);
}

print "$kind: $passed passed, $failed failed\n";
exit($failed || !$passed ? 1 : 0);
