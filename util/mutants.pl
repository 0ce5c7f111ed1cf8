#!/usr/bin/perl
# make mutants: breaks each rule that keeps a bad code out, one at a time, in a
# copy of the tree, and sees the test that names it turn red.
#
#     util/mutants.pl [PHRASE...]    all, or those with PHRASE in their name or
#                                    test; JOBS=N at a time
#
# t/mutants/*.mutants hold them, as paragraphs of this form; the search text
# stands exactly once in its file:
#
#     === name of the rule, broken
#     file: path
#     test: unit healthcode_claims | fuzz request | model | t/04-claims.t
#     <<<
#     the lines as they are
#     >>>
#     the lines as they would be wrong

use strict;
use warnings;

use Cwd qw(getcwd);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Spec;
use File::Temp ();
use IO::Select;
use POSIX ();

my $root = dirname(dirname(File::Spec->rel2abs(__FILE__)));
chdir $root or die "mutants: $root: $!\n";

my @wanted = @ARGV;
my $jobs   = $ENV{JOBS} || 1;
my $copy;           # a job's own copy of the tree


sub slurp {
    my ($name) = @_;
    open my $file, '<', $name or die "mutants: $name: $!\n";
    local $/;
    return scalar <$file>;
}


sub spew {
    my ($name, $text) = @_;
    open my $file, '>', $name or die "mutants: $name: $!\n";
    print {$file} $text;
    close $file or die "mutants: $name: $!\n";
}


sub read_mutants {
    my @mutants;
    for my $list (sort glob 't/mutants/*.mutants') {
        my $text = slurp($list);
        for my $paragraph (split /^(?==== )/m, $text) {
            next if $paragraph !~ /^=== /;
            my ($name, $file, $test, $from, $to) = $paragraph =~
                /\A=== (.+)\nfile: (.+)\ntest: (.+)\n<<<\n(.*)\n>>>\n(.*?)\n*\z/s
                or die "mutants: $list: cannot be read:\n$paragraph";
            push @mutants, { name => $name, file => $file, test => $test,
                             from => $from, to => $to };
        }
    }
    return @mutants;
}


# The command of a test, to be run in the copy.
sub command_of {
    my ($test) = @_;
    return "make -s -C t/unit WARNINGS=-w T=${1}_test" if $test =~ /^unit (\w+)$/;
    return "make -s -C t/fuzz WARNINGS=-w T=$1 replay" if $test =~ /^fuzz (\w+)$/;
    return "make -s -C t/model WARNINGS=-w hunt" if $test eq 'model';
    return "make -s module EXTRA_CFLAGS=-w && prove $1"
        if $test =~ m{^(t/[\w.-]+\.t)$};
    die "mutants: no test: $test\n";
}


sub run {
    my ($command) = @_;
    my $status = system("cd $copy && timeout 300 sh -c '$command' "
                        . "> $copy/mutants.log 2>&1 < /dev/null");
    return $status == 0;
}


# A copy of the tree, in which tests can be run.
sub copy_tree {
    my $copy = File::Temp::tempdir('healthcode-mutants-XXXXXXXX', TMPDIR => 1);
    chmod 0755, $copy;
    my $files = join "\0", grep { -e } split /\0/,
        `git ls-files -z --cached --others --exclude-standard`;
    open my $tar, '|-', "tar -c --null -T - | tar -x -C $copy"
        or die "mutants: tar: $!\n";
    print {$tar} "$files\0";
    close $tar or die "mutants: the tree cannot be copied\n";
    symlink "$root/.deps", "$copy/.deps";
    make_path("$copy/build");
    system("cp -a build/healthcode $copy/build/ 2>/dev/null");
    return $copy;
}


# Breaks one rule in the copy at hand and mends it; what to print.
sub try_mutant {
    my ($mutant, $green) = @_;
    my ($name, $test) = @{$mutant}{qw(name test)};
    my $command = command_of($test);

    $green->{$test} //= run($command);
    die "mutants: $test is red without any mutant:\n"
        . slurp("$copy/mutants.log") if !$green->{$test};

    my $path = "$copy/$mutant->{file}";
    my $text = slurp($path);
    my $count = () = $text =~ /\Q$mutant->{from}\E/g;
    return "STALE     $name: its text stands $count times in $mutant->{file}\n"
        if $count != 1;

    (my $wrong = $text) =~ s/\Q$mutant->{from}\E/$mutant->{to}/;
    spew($path, $wrong);

    my $noticed = !run($command);
    my $log = slurp("$copy/mutants.log");

    # A mutant that does not even compile proves nothing.
    die "mutants: \"$name\" does not compile:\n$log"
        if $log =~ /^[^\s#]+:\d+:\d+: (?:fatal )?error: /m;

    spew($path, $text);

    return sprintf "%-9s %-52s %s\n", $noticed ? 'noticed' : 'SURVIVED', $name,
        $test;
}


# A process with a copy of its own tries these; a handle on what it prints.
sub start_job {
    my (@mutants) = @_;
    my $pid = open(my $out, '-|') // die "mutants: fork: $!\n";
    return $out if $pid;

    my %green;
    $SIG{$_} = sub { die "mutants: ended by a signal\n" } for qw(INT TERM HUP);
    $copy = copy_tree();
    eval { print try_mutant($_, \%green) for @mutants; 1 } or print "FAILED $@";
    close STDOUT;
    system('rm', '-rf', $copy);
    POSIX::_exit(0);
}


$| = 1;
$ENV{MUTANT} = 1;    # a suite may end at its first failure

my @mutants = grep {
    my $mutant = $_;
    !@wanted || grep { index("$mutant->{name}\n$mutant->{test}", $_) >= 0 }
        @wanted
} read_mutants();

die "mutants: none is named like that\n" if !@mutants;

# Rows of one test go to one job, which builds it once.
my (%job_of, @rows);
push @{ $rows[ $job_of{ $_->{test} } //= keys(%job_of) % $jobs ] }, $_
    for @mutants;

my %count;
my $select = IO::Select->new(map { start_job(@$_) } grep { $_ } @rows);

# A line at a time: a job writes whole lines.
while ($select->count) {
    for my $out ($select->can_read) {
        if (!sysread $out, my $text, 65536) {
            $select->remove($out);
            close $out;
            next;
        }
        else {
            print $text;
            $count{$1}++ while $text =~ /^(noticed|SURVIVED|STALE|FAILED) /mg;
        }
    }
}

my $noticed = $count{noticed} // 0;
printf "mutants: %d passed, %d failed\n", $noticed, @mutants - $noticed;
exit($noticed == @mutants ? 0 : 1);
